// The lines of the server page are what the server counted between two answers.
import { expect, test } from 'vitest'
import { grown, KEPT, NO_LINES, total, type System, type SystemNumber } from './system'

const number = (name: string, value: number, more: Partial<SystemNumber> = {}): SystemNumber => ({
  name,
  value,
  labels: {},
  count: null,
  ...more,
})

const system = (at: number, numbers: SystemNumber[]): System => ({
  status: 'ready',
  parts: [],
  version: '0',
  at,
  numbers,
})

const accepted = (value: number, source = 'http') =>
  number('events_total', value, { labels: { source, outcome: 'accepted' } })

test('a counter becomes a rate over all sources', () => {
  const first = grown(NO_LINES, system(100, [accepted(10), accepted(5, 'redis')]))
  const second = grown(first, system(102, [accepted(30), accepted(15, 'redis')]))

  expect(second.values['events']).toEqual([null, 15])
})

test('a server that was started anew makes no negative rate', () => {
  const first = grown(NO_LINES, system(100, [accepted(1000)]))
  const second = grown(first, system(102, [accepted(4)]))

  expect(second.values['events']).toEqual([null, null])
})

test('a histogram becomes the mean of what came in between', () => {
  const syncs = (sum: number, count: number) => [number('journal_sync_seconds', sum, { count })]
  let lines = grown(NO_LINES, system(100, syncs(0.01, 10)))
  lines = grown(lines, system(102, syncs(0.05, 20)))
  lines = grown(lines, system(104, syncs(0.05, 20)))

  expect(lines.values['sync']?.map((ms) => ms && Math.round(ms * 100) / 100)).toEqual([1, 4, 2.5])
})

test('what this process does not have is no line', () => {
  const lines = grown(NO_LINES, system(100, []))

  expect(lines.values['tick']).toEqual([null])
  expect(total(lines.last as System, 'sessions')).toBeNull()
})

test('a line has a bound, and the same answer twice adds nothing', () => {
  let lines = NO_LINES
  for (let i = 0; i < KEPT + 20; i++) lines = grown(lines, system(i + 1, [number('viewers', i)]))
  const same = grown(lines, lines.last as System)

  expect(lines.values['viewers']).toHaveLength(KEPT)
  expect(lines.values['viewers']?.at(-1)).toBe(KEPT + 19)
  expect(same).toBe(lines)
})
