// A WebSocket whose other end is the test: what was sent can be read, frames can be pushed.
import { act } from '@testing-library/react'
import type { Frame } from '../frames'

interface Ask {
  sub?: string[]
  since?: Record<string, number>
  unsub?: string[]
}

export class FakeSocket extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSED = 3
  static all: FakeSocket[] = []
  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1)
    if (!socket) throw new Error('nobody has connected yet')
    return socket
  }

  readyState = FakeSocket.CONNECTING
  sent: Ask[] = []

  constructor(readonly url: string) {
    super()
    FakeSocket.all.push(this)
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Ask)
  }

  close(): void {
    this.readyState = FakeSocket.CLOSED
  }

  /** The server accepts. */
  accept(): void {
    act(() => {
      this.readyState = FakeSocket.OPEN
      this.dispatchEvent(new Event('open'))
    })
  }

  /** The line breaks. */
  drop(): void {
    act(() => {
      this.readyState = FakeSocket.CLOSED
      this.dispatchEvent(new Event('close'))
    })
  }

  /** The server pushes frames; returns when they have been painted. */
  async push(...frames: Frame[]): Promise<void> {
    await act(async () => {
      for (const frame of frames) {
        this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(frame) }))
      }
      await new Promise((painted) => requestAnimationFrame(() => painted(null)))
    })
  }

  /** All topics that were asked for on this line. */
  get topics(): string[] {
    return this.sent.flatMap((ask) => ask.sub ?? [])
  }
}
