// The dot: live, delayed by so many seconds, reconnecting; a screen reader hears changes only.
import { act, render, screen } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { FakeSocket } from '../testing/FakeSocket'
import { ConnectionDot } from './ConnectionDot'

const seen = () => screen.getByTestId('connection').querySelector('[aria-hidden] + span')
const said = () => screen.getByRole('status').textContent

describe('ConnectionDot', () => {
  it('tells how old what is shown is', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'performance'] })
    render(<ConnectionDot />)
    expect(said()).toBe('Connecting')
    FakeSocket.last.accept()
    expect(said()).toBe('Live')
    act(() => void vi.advanceTimersByTime(7_000))
    expect(said()).toBe('Live')
    act(() => void vi.advanceTimersByTime(5_000))
    expect(seen()?.textContent).toBe('Delayed 12 s')
    expect(said()).toBe('Delayed')
    act(() => void vi.advanceTimersByTime(10_000))
    expect(said()).toBe('Reconnecting')
    expect(FakeSocket.all.length).toBeGreaterThan(0)
  })

  it('says that the line is broken', () => {
    render(<ConnectionDot />)
    FakeSocket.last.accept()
    FakeSocket.last.drop()
    expect(seen()?.textContent).toBe('Reconnecting')
  })
})
