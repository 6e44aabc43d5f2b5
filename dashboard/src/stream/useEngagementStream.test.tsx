// The live hook: one line, points as they come, no hole after a broken line, a bounded window.
import { act, renderHook } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { FakeSocket } from '../testing/FakeSocket'
import { session, snapshot, T0, tick } from '../testing/samples'
import { liveConnection } from './connection'
import { useEngagementStream } from './useEngagementStream'

const follow = () => renderHook(() => useEngagementStream('keynote'))

describe('useEngagementStream', () => {
  it('connects to WebSocket', () => {
    const { result, rerender } = follow()
    expect(result.current.status).toBe('connecting')
    FakeSocket.last.accept()
    rerender()
    expect(FakeSocket.all).toHaveLength(1)
    expect(FakeSocket.last.url).toMatch(/^ws:.*\/v1\/live$/)
    expect(FakeSocket.last.topics).toContain('session:keynote')
    expect(FakeSocket.last.topics).toContain('alerts')
    expect(result.current.status).toBe('open')
    expect(result.current.loading).toBe(true)
  })

  it('updates engagement on event', async () => {
    const { result } = follow()
    FakeSocket.last.accept()
    await FakeSocket.last.push(snapshot([0.5, 0.52]))
    expect(result.current.loading).toBe(false)
    expect(result.current.score).toBe(0.52)
    await FakeSocket.last.push(tick(T0 + 5, 0.61), {
      topic: 'session:keynote',
      kind: 'change',
      chat_per_min: 17,
      reactions_per_min: 0,
      active_users: 21,
      events: [
        {
          at: '2026-11-21T10:00:06Z',
          session: 'keynote',
          type: 'message',
          user: 'ann',
          text: 'hello',
          emoji: null,
          role: 'user',
        },
      ],
      missed: 0,
    })
    expect(result.current.score).toBe(0.61)
    expect(result.current.level).toBe('HIGH')
    expect(result.current.points.at(-1)).toEqual({ t: T0 + 5, score: 0.61 })
    expect(result.current.room.now.chat_per_min).toBe(17)
    expect(result.current.events.map((event) => event.text)).toEqual(['hello'])
  })

  it('handles disconnect', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { result } = follow()
    FakeSocket.last.accept()
    await FakeSocket.last.push(snapshot([0.5, 0.52]))
    const first = FakeSocket.last
    first.drop()
    expect(result.current.status).toBe('reconnecting')
    expect(result.current.points).toHaveLength(2)

    act(() => void vi.advanceTimersByTime(500))
    expect(FakeSocket.all).toHaveLength(2)
    FakeSocket.last.accept()
    expect(result.current.status).toBe('open')
    const ask = FakeSocket.last.sent.find((one) => one.sub?.includes('session:keynote'))
    expect(ask?.since?.['session:keynote']).toBe(T0)

    // The answer brings exactly what was missed: the chart has no hole and nothing twice.
    await FakeSocket.last.push({
      ...snapshot([]),
      session: session({ score: 0.6 }),
      t: [T0, T0 + 5, T0 + 10],
      fields: { score: [0.52, 0.55, 0.6] },
    })
    expect(result.current.points.map((point) => point.t)).toEqual([T0 - 5, T0, T0 + 5, T0 + 10])
    expect(result.current.score).toBe(0.6)
  })

  it('asks again where the page was too slow', async () => {
    follow()
    FakeSocket.last.accept()
    await FakeSocket.last.push(snapshot([0.5]))
    const before = FakeSocket.last.sent.length
    await FakeSocket.last.push({ topic: 'session:keynote', kind: 'gap', missed: 4 })
    expect(FakeSocket.last.sent.slice(before)).toEqual([
      { sub: ['session:keynote'], since: { 'session:keynote': T0 } },
    ])
  })

  it('says what the server could not tell, and asks again', async () => {
    follow()
    FakeSocket.last.accept()
    await FakeSocket.last.push(snapshot([0.5]))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const before = FakeSocket.last.sent.length
    const detail = 'the store does not answer; it will be asked again'
    await FakeSocket.last.push({ topic: 'session:keynote', kind: 'error', detail })
    expect(liveConnection().state.problem).toBe(detail)
    act(() => void vi.advanceTimersByTime(5_000))
    expect(FakeSocket.last.sent.slice(before).flatMap((ask) => ask.sub)).toEqual([
      'session:keynote',
    ])
    await FakeSocket.last.push(snapshot([0.5]))
    expect(liveConnection().state.problem).toBe('')
  })

  it('learns of a session that begins after it was asked for', async () => {
    const { result } = follow()
    FakeSocket.last.accept()
    await FakeSocket.last.push({ ...snapshot([]), session: null })
    expect(result.current.loading).toBe(true)
    const before = FakeSocket.last.sent.length
    await FakeSocket.last.push(tick(T0 + 5, 0.4))
    expect(FakeSocket.last.sent.slice(before).flatMap((ask) => ask.sub)).toEqual([
      'session:keynote',
    ])
  })

  it('sliding window works', async () => {
    const { result } = follow()
    FakeSocket.last.accept()
    await FakeSocket.last.push(snapshot(Array.from({ length: 100 }, (_, i) => i / 100)))
    expect(result.current.points).toHaveLength(60)
    expect(result.current.points[0]?.t).toBe(T0 - 295)
    await FakeSocket.last.push(tick(T0 + 5, 0.9))
    expect(result.current.points).toHaveLength(60)
    expect(result.current.points[0]?.t).toBe(T0 - 290)
    expect(result.current.points.at(-1)).toEqual({ t: T0 + 5, score: 0.9 })
    expect(result.current.room.history.length).toBe(101)
  })
})
