// What the turns of a conversation tell: values that are known, their sources, and turning points.
import { describe, expect, it } from 'vitest'
import { turn } from '../testing/turns'
import { numberOf, smooth, sourcesOf, turningPoints } from './turns'

describe('values of turns', () => {
  it('leaves out what is not known instead of taking it for nought', () => {
    expect(numberOf(turn(0), 'memory_quality', 'memory_count')).toBeNull()
    expect(numberOf(turn(0), 'user_emotion', 'emotion')).toBeNull()
    expect(numberOf(turn(0), 'user_emotion', 'intensity')).toBe(0.5)
  })

  it('tells the share of each source among the turns that have a value', () => {
    const turns = [turn(0), turn(1), turn(2), turn(3), turn(4, { values: {} })]
    expect(sourcesOf(turns, 'relationship_progression')).toEqual({
      default: 0.25,
      estimate: 0.25,
      store: 0.5,
    })
  })
})

describe('turning points', () => {
  it('stand where the smoothed mood comes back by half a step', () => {
    const valences = [0.2, 0.8, 0.8, 0.7, -0.4, -0.7, -0.7, -0.2, 0.6, 0.7]
    expect(turningPoints(valences)).toEqual([
      { index: 2, to: 'down' },
      { index: 5, to: 'up' },
    ])
  })

  it('do not stand where a mood only begins or wavers', () => {
    expect(turningPoints([0.9, 0.5, 0.1, -0.3, -0.8])).toEqual([])
    expect(turningPoints([0.1, 0.3, 0.0, 0.3, 0.1, 0.2])).toEqual([])
    expect(turningPoints([null, null])).toEqual([])
  })

  it('are found over turns of which nothing is known', () => {
    const valences = [0, null, 0.9, null, null, -0.6, -0.6]
    expect(turningPoints(valences)).toEqual([{ index: 2, to: 'down' }])
    expect(smooth([1, null, 0])).toEqual([1, null, 0])
  })
})
