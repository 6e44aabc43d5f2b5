// Which turn a memory comes from, and what its tier is called.
import { describe, expect, it } from 'vitest'
import { kept, memories } from '../testing/memories'
import { tierWord, turnOf, without } from './memories'

describe('memories', () => {
  it('tells the turn that a memory comes from', () => {
    expect(turnOf(kept({ source: 'turn t 2' }))).toBe('t 2')
    expect(turnOf(kept({ source: 'reaction to turn t2' }))).toBe('t2')
    expect(turnOf(kept({ source: 'told' }))).toBe('')
  })

  it('calls a tier by its word, and one that is not known by its own', () => {
    expect(tierWord('sub_temporary')).toBe('short')
    expect(tierWord('constructor')).toBe('constructor')
  })

  it('is a page less what was deleted, and the same page where that is not on it', () => {
    const page = memories([kept({ id: 'a' }), kept({ id: 'b' })])
    const rest = without(page, 'a')
    expect(rest?.memories.map((memory) => memory.id)).toEqual(['b'])
    expect(rest?.total).toBe(page.total - 1)
    expect(without(page, 'c')).toBe(page)
    expect(without(undefined, 'a')).toBeUndefined()
  })
})
