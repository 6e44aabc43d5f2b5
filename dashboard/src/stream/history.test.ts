// The ring of points: in order, one per time, never more than its capacity and a little slack.
import { describe, expect, it } from 'vitest'
import { CAPACITY, History } from './history'

describe('History', () => {
  it('keeps one point per time, in order', () => {
    const history = new History()
    history.add(10, { score: 0.1 })
    history.add(20, { score: 0.2 })
    history.add(15, { score: 0.15 })
    history.add(20, { score: 0.25 })
    expect(history.t).toEqual([10, 15, 20])
    expect(history.values('score')).toEqual([0.1, 0.15, 0.25])
  })

  it('knows that what was not told is absent, not zero', () => {
    const history = new History()
    history.add(10, { score: 0.1 })
    history.merge([15, 20], { chat_per_min: [3, null] })
    expect(history.values('score')).toEqual([0.1, null, null])
    expect(history.values('chat_per_min')).toEqual([null, 3, null])
    expect(history.values('leave_rate')).toEqual([null, null, null])
  })

  it('forgets the oldest', () => {
    const history = new History()
    for (let i = 0; i < 2000; i++) history.add(i * 5, { score: 0.5 })
    expect(history.length).toBeLessThanOrEqual(CAPACITY + 60)
    expect(history.last).toBe(1999 * 5)
    expect(history.values('score')).toHaveLength(history.length)
  })

  it('finds the point that stood at a moment', () => {
    const history = new History()
    history.merge([10, 15], { score: [0.1, 0.2] })
    expect(history.at(14)).toEqual({ score: 0.1 })
    expect(history.at(9)).toBeNull()
  })
})
