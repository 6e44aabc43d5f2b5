// Whose word holds, what accepting says, and how sure a share of few cases is.
import { describe, expect, it } from 'vitest'
import { opinion, reacted } from '../testing/reactions'
import { agreement, held, interval, likeliest, sure } from './reactions'

describe('reactions', () => {
  it('tells whose word holds', () => {
    expect(held(reacted({ state: 'judged', by: 'model', meaning: 'RATING' }))).toEqual({
      by: 'model',
      meaning: 'RATING',
      confidence: 0.46,
    })
    const said = { meaning: 'EMOTIONAL' as const, by: 'me', at: '' }
    const reviewed = reacted({ state: 'reviewed', meaning: 'EMOTIONAL', review: said })
    expect(held({ ...reviewed, by: 'person' }).by).toBe('person')
    expect(held(reacted()).by).toBe('unsure')
    expect(held(reacted({ state: 'waiting', verdict: null }))).toEqual({
      by: 'nobody',
      meaning: null,
      confidence: null,
    })
  })

  it('a skipped one is a person’s word too, and has no meaning', () => {
    const skipped = reacted({ state: 'skipped', review: { meaning: null, by: 'me', at: '' } })
    expect(held(skipped)).toEqual({ by: 'person', meaning: null, confidence: null })
  })

  it('of one that was taken back nothing holds', () => {
    expect(held(reacted({ state: 'retracted' })).by).toBe('nobody')
  })

  it('accepting says the meaning, else what is likeliest, else nothing', () => {
    expect(likeliest(opinion({ meaning: 'AGREEMENT' }))).toBe('AGREEMENT')
    expect(likeliest(opinion())).toBe('RATING')
    expect(likeliest(opinion({ probabilities: {} }))).toBeNull()
    expect(likeliest(null)).toBeNull()
  })

  it('an estimate is never certain', () => {
    expect([sure(0.46), sure(0.994), sure(0.999)]).toEqual(['46 %', '99 %', '> 99 %'])
  })

  it('where the model was unsure it is neither right nor wrong', () => {
    expect(
      agreement([
        { model: 'RATING', person: 'RATING', count: 2 },
        { model: 'RATING', person: 'EMOTIONAL', count: 1 },
        { model: 'unsure', person: 'RATING', count: 4 },
      ]),
    ).toEqual({ agreed: 2, said: 3, unsure: 4 })
  })

  it('few cases give a wide interval, as Wilson’s formula does', () => {
    // R: prop.test(8, 10, correct = FALSE) gives 0.4902 to 0.9433.
    const [low, high] = interval(8, 10)!
    expect(low).toBeCloseTo(0.4902, 3)
    expect(high).toBeCloseTo(0.9433, 3)
    expect(interval(0, 0)).toBeNull()
    expect(interval(3, 3)![1]).toBe(1)
  })
})
