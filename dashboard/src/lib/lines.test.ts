// Lines with times of their own are united on one axis, and each says what it knew last.
import { expect, test } from 'vitest'
import { trajectory } from '../testing/turns'
import {
  fromStart,
  grainOf,
  guessRuns,
  lineOf,
  meansOver,
  rangeOf,
  saidAt,
  united,
  type Line,
} from './lines'

const line = (t: number[], values: number[], change: Partial<Line> = {}): Line => ({
  name: 'a',
  t,
  values,
  sources: t.map(() => 'store'),
  changes: [],
  ...change,
})

test('the times of all lines are united, and none gets a value that it does not have', () => {
  expect(united([line([1, 3], [0.1, 0.3]), line([2, 3], [0.2, 0.4])])).toEqual([
    [1, 2, 3],
    [
      [0.1, null, 0.3],
      [null, 0.2, 0.4],
    ],
  ])
})

test('a line says what it knew last, and nothing before its first point', () => {
  const one = line([10, 20], [0.1, 0.2], { sources: ['default', null] })
  expect([5, 10, 15, 99].map((at) => saidAt(one, at))).toEqual([
    null,
    { value: 0.1, source: 'default' },
    { value: 0.1, source: 'default' },
    { value: 0.2, source: null },
  ])
})

test('neighbouring guesses are one stretch', () => {
  const sources = ['default', 'estimate', 'store', null, 'estimate']
  expect(guessRuns(line([1, 2, 3, 4, 5], [0, 0, 0, 0, 0], { sources }))).toEqual([
    [0, 1],
    [4, 4],
  ])
})

test('lines are laid over each other by days since their first point', () => {
  const { points, changes } = trajectory()
  const moved = fromStart(lineOf('trust', points, changes))
  expect(moved.t).toEqual([0, 1, 2])
  expect(moved.changes).toEqual([1])
})

test('the axis holds a declared range, or else all values', () => {
  expect(rangeOf([line([1], [0.4])], [0, 1])).toEqual([0, 1])
  const [low, high] = rangeOf([line([1, 2], [-5, 100])], [null, null])
  expect(low).toBe(-5)
  expect(high).toBeGreaterThan(100)
  expect(rangeOf([], [null, null])[1]).toBeGreaterThan(rangeOf([], [null, null])[0])
})

test('many turns become means of hours, each from where most of its points are', () => {
  const sources = ['default', 'store', 'store', 'estimate']
  const means = meansOver(line([0, 60, 120, 3600], [0.1, 0.2, 0.6, 1], { sources }), 3600)
  expect(means.t).toEqual([60, 3600])
  expect(means.values.map((value) => Math.round(value * 100))).toEqual([30, 100])
  expect(means.sources).toEqual(['store', 'estimate'])
})

test('a mean is a guess where most of its points are, whichever guess each is', () => {
  const sources = ['store', 'store', 'default', 'default', 'estimate', 'default']
  const [mean] = meansOver(line([0, 1, 2, 3, 4, 5], [0, 0, 0, 0, 0, 0], { sources }), 3600).sources
  expect(mean).toBe('default')
  const mixed = ['store', 'store', 'store', 'default', 'default', 'estimate', 'estimate']
  const t = mixed.map((_, i) => i)
  expect(meansOver(line(t, t, { sources: mixed }), 3600).sources).toEqual(['default'])
})

test('more points than a call may have arguments still have a range', () => {
  const many = Array.from({ length: 300_000 }, (_, i) => i)
  expect(rangeOf([line(many, many)], [null, null])[1]).toBeGreaterThan(299_999)
})

test('what fits into half a day is shown turn by turn, and weeks by the day', () => {
  const over = (span: number) => grainOf([line([0, span], [0, 1]), line([], [])])
  expect([over(3600), over(86_400), over(30 * 86_400)]).toEqual([0, 3600, 86_400])
  expect(grainOf([])).toBe(0)
})
