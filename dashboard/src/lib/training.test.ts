// Training data in words: how ratings are balanced, what a bound keeps, and the command to copy.
import { describe, expect, it } from 'vitest'
import { dataset, overview } from '../testing/training'
import { above, balance, commandOf, fileLink, orderOf, quoted, statusOf } from './training'

describe('balance', () => {
  it('is told as so many to one, and warned of where few are not heard', () => {
    expect(balance({ desirable: 30, undesirable: 20 })).toEqual({
      share: 0.6,
      ratio: '1.5 : 1',
      warning: '',
    })
    expect(balance({ desirable: 2, undesirable: 90 })).toMatchObject({
      ratio: '1 : 45',
      warning: expect.stringContaining('desirable_weight about 45'),
    })
    expect(balance({ desirable: 1_000_000, undesirable: 10 }).warning).toContain(
      'undesirable_weight about 100000',
    )
  })

  it('of one side alone, or of none, is no number', () => {
    expect(balance({ desirable: 0, undesirable: 0 }).share).toBeNull()
    expect(balance({ desirable: 5, undesirable: 0 })).toMatchObject({
      ratio: '5 : 0',
      warning: expect.stringContaining('All were liked'),
    })
  })
})

describe('above', () => {
  it('counts what a bound keeps, also where an edge is not exact', () => {
    const { quality } = overview()
    expect([0, 0.5, 0.55, 0.7, 0.75, 1].map((least) => above(quality, least)[0])).toEqual([
      30, 30, 20, 20, 10, 0,
    ])
    const edges = Array.from({ length: 21 }, (_, i) => i * 0.05)
    expect(above({ ...quality, edges }, 14 / 20)[0]).toBe(20)
  })
})

describe('commandOf', () => {
  const order = {
    name: 'x',
    format: 'kto',
    filters: { bot: 'luna', min_quality: '0.7', exported: 'false' },
    split: { train: 0.9, validation: 0.1, test: 0 },
    seed: 3,
    redact: false,
    dedupe: true,
  }

  it('says what is chosen, and nothing else', () => {
    const text = commandOf(order)
    expect(text).toContain('--format kto')
    expect(text).toContain('--min-quality 0.7')
    expect(text).toContain('--split train=0.9,validation=0.1')
    expect(text).toContain('--no-redact')
    expect(text).not.toContain('dedupe')
    expect(text).not.toContain('--language')
  })

  it('lets no name become a command', () => {
    const text = commandOf({ ...order, filters: { bot: "a'; rm -rf ~ #$(id)" } })
    expect(text).toContain(`--bot 'a'\\''; rm -rf ~ #$(id)'`)
    expect([quoted('a b'), quoted('plain-1'), quoted('')]).toEqual(["'a b'", 'plain-1', "''"])
  })
})

describe('datasets', () => {
  it('have addresses for their files that keep folders', () => {
    expect(fileLink('a/b', 'data/tr ain.jsonl')).toBe(
      '/v1/datasets/a%2Fb/files/data/tr%20ain.jsonl',
    )
  })

  it('are made anew as they were asked for', () => {
    expect(orderOf(dataset().manifest!)).toEqual({
      name: 'spring',
      format: 'kto',
      filters: { bot: 'luna' },
      split: { train: 0.9, validation: 0.1, test: 0 },
      seed: 5,
      redact: true,
      dedupe: true,
      min_confidence: 0.8,
    })
    expect(orderOf({ plan: { format: 'csv', split: {} as never } })?.split.train).toBe(1)
    expect(orderOf({})).toBeNull()
    const named = { format: 'csv', min_confidence: 0, filters: { ids: [3, 5] } }
    expect(orderOf({ plan: named })).toMatchObject({
      filters: { ids: [3, 5] },
      min_confidence: 0,
    })
    expect(commandOf(orderOf({ plan: named })!)).toContain('--min-confidence 0')
    // What was made of a manifest is of its conversations alone.
    expect(orderOf({ plan: { ...named, ranges: [[1, 9]] } })).toBeNull()
  })

  it('have a word for every status, also for one called constructor', () => {
    expect(statusOf('stale').word).toBe('To be made anew')
    expect(statusOf('constructor')).toMatchObject({ word: 'constructor', says: '' })
  })
})
