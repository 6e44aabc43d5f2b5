// Pulse: columns of a tick find their sessions, strangers are asked about, alerts mark their tile.
import { describe, expect, it, vi } from 'vitest'
import { headlines } from '../pages/headlines'
import { alert, session, T0 } from '../testing/samples'
import { Pulse } from './pulse'

function pulse(unknown = () => {}): Pulse {
  const store = new Pulse(unknown)
  store.apply({
    topic: 'pulse',
    kind: 'snapshot',
    sessions: [session({ session: 'a', score: 0.5 }), session({ session: 'b', score: 0.3 })],
    count: 2,
    alerts: [],
  })
  return store
}

describe('Pulse', () => {
  it('puts the worst session first', () => {
    const store = pulse()
    expect(store.worstFirst().map((one) => one.session)).toEqual(['b', 'a'])
    store.apply({
      topic: 'pulse',
      kind: 'tick',
      t: T0,
      count: 2,
      sessions: ['a', 'b'],
      score: [0.1, 0.7],
      fields: { chat_per_min: [1, 20] },
    })
    const [first, second] = store.worstFirst()
    expect(first).toMatchObject({ session: 'a', level: 'VERY_LOW', fields: { chat_per_min: 1 } })
    expect(first?.spark).toEqual([0.5, 0.52, 0.1])
    expect(second).toMatchObject({ session: 'b', level: 'HIGH' })
  })

  it('asks who a stranger is, and lets go of who left', () => {
    const unknown = vi.fn()
    const store = pulse(unknown)
    store.apply({
      topic: 'pulse',
      kind: 'tick',
      t: T0,
      count: 2,
      sessions: ['a', 'new'],
      score: [0.1, 0.7],
      fields: {},
    })
    expect(unknown).toHaveBeenCalledOnce()
    expect([...store.sessions.keys()]).toEqual(['a'])
  })

  it('marks a tile with its alert until it is over', () => {
    const store = pulse()
    const trouble = alert({ session: 'a', id: 'a/1' })
    store.apply({ topic: 'alerts', kind: 'alert', alert: trouble })
    store.apply({ topic: 'alerts', kind: 'alert', alert: { ...trouble, verdict: 'acknowledged' } })
    expect(store.sessions.get('a')).toMatchObject({ alarms: 1, trouble: { id: 'a/1' } })
    expect(store.alerts.map((one) => one.verdict)).toEqual(['acknowledged'])
    store.apply({
      topic: 'alerts',
      kind: 'alert',
      alert: alert({ session: 'a', id: 'a/2', type: 'RECOVERED', time: '2026-11-21T10:05:00Z' }),
    })
    expect(store.sessions.get('a')).toMatchObject({ alarms: 1, trouble: null })
    expect(store.alerts.map((one) => one.id)).toEqual(['a/2', 'a/1'])
  })

  it('shows what happens between ticks, and does not invent reactions', () => {
    const store = pulse()
    store.apply({
      topic: 'pulse',
      kind: 'change',
      sessions: ['a', 'unheard of'],
      chat_per_min: [9, 1],
      reactions_per_min: [null, null],
      active_users: [4, 1],
      last: [T0 + 2, T0],
    })
    expect(store.sessions.get('a')?.fields).toMatchObject({
      chat_per_min: 9,
      reactions_per_min: null,
    })
    expect(store.sessions.size).toBe(2)
  })

  it('is told in plain sentences', () => {
    const falling = session({
      session: 'keynote',
      score: 0.44,
      level: 'MODERATE',
      spark: [0.71, 0.71, 0.7, 0.6, 0.5, 0.44],
      trouble: alert(),
    })
    expect(headlines([falling], 1, [alert()])).toEqual([
      'Engagement in keynote fell by 27 points, to 44, in the last five minutes.',
      'keynote needs a look: Messages fell from about 42 to 6 a minute in 40 s.',
      'One room is live; it stands at 44, moderate.',
    ])
    expect(headlines([session({ spark: [] })], 1, [])[0]).toBe('Nothing unusual was noticed.')
  })
})
