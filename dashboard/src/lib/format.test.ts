// Numbers, times and names as people read them.
import { describe, expect, it } from 'vitest'
import {
  ago,
  count,
  decimal,
  duration,
  many,
  measure,
  millis,
  name,
  percent,
  points,
  score100,
  size,
  when,
  words,
} from './format'

describe('format', () => {
  it('shows what is not known as a dash, never as zero', () => {
    expect([score100(null), percent(undefined), score100(0)]).toEqual(['–', '–', '0'])
  })

  it('writes many in few letters, and how many of what in whole', () => {
    expect([0, 9_999, 12_345, 123_456, 999_499, 999_500, 1_000_000, 12_345_678].map(count)).toEqual(
      ['0', '9999', '12.3k', '123k', '999k', '1M', '1M', '12.3M'],
    )
    expect([many(1, 'row'), many(0, 'row'), many(1_000_000, 'person', 'people')]).toEqual([
      '1 row',
      '0 rows',
      '1,000,000 people',
    ])
  })

  it('writes sizes of files in steps of a thousand', () => {
    expect([0, 1, 999, 1000, 123_456, 999_950, 5_000_000_000].map(size)).toEqual([
      '0 bytes',
      '1 byte',
      '999 bytes',
      '1 kB',
      '123 kB',
      '1 MB',
      '5 GB',
    ])
  })

  it('writes points of a hundred with their sign', () => {
    expect([points(0.267), points(-0.033), points(0.05, true), points(0, true)]).toEqual([
      '26.7',
      '−3.3',
      '+5.0',
      '0.0',
    ])
  })

  it('tells a time by what is not plain from today', () => {
    const at = (...of: [number, number, number]) => new Date(...of, 14, 3).getTime() / 1000
    const now = at(2026, 10, 26) + 60
    expect(when(at(2026, 10, 26), now)).toBe('14:03')
    expect(when(at(2026, 10, 21), now)).toMatch(/21.* 14:03$/)
    expect(when(at(2026, 10, 21), now)).not.toContain('2026')
    expect(when(at(2025, 10, 21), now)).toContain('2025')
  })

  it('writes times that something took in what they are read in', () => {
    expect([millis(null), millis(0), millis(840), millis(1234), millis(180_000)]).toEqual([
      '–',
      '0 ms',
      '840 ms',
      '1.23 s',
      '3 min',
    ])
  })

  it('makes words of what programs call something, without its tricks', () => {
    expect(words('no_emotion\u202E')).toBe('no emotion·')
  })

  it('writes decimals that say something', () => {
    expect([decimal(0), decimal(5.1), decimal(34.71), decimal(-160.4)]).toEqual([
      '0',
      '5.1',
      '34.7',
      '−160',
    ])
  })

  it('writes durations and ages', () => {
    expect([duration(425), duration(3729), duration(-3)]).toEqual(['7:05', '1:02:09', '0:00'])
    expect([ago(3), ago(40), ago(300), ago(7200), ago(500_000)]).toEqual([
      'just now',
      '40 s ago',
      '5 min ago',
      '2 h ago',
      '6 days ago',
    ])
  })

  it('makes marks visible that would hide or reverse a name', () => {
    expect(name('gnp\u202Eexe')).toBe('gnp·exe')
    expect(name('a\u0000b')).toBe('a·b')
    expect(name('x'.repeat(100), 10)).toBe('xxxxxxxxx…')
    expect(name('👨‍👩‍👧‍👦')).toBe('👨‍👩‍👧‍👦')
  })

  it('writes a measure in its own unit', () => {
    expect(measure('score').show(0.304)).toBe('30')
    expect(measure('leave_rate').show(0.16)).toBe('16 %')
    expect(measure('something_new')).toMatchObject({ unit: 'something new' })
  })
})
