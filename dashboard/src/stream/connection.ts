// One WebSocket per tab: topics multiplexed, reconnect with back-off, resume where it broke off.
import type { Frame } from '../frames'

export type Phase = 'connecting' | 'open' | 'reconnecting'

export interface ConnectionState {
  phase: Phase
  /** Milliseconds (performance.now) of the last frame of any kind. */
  lastFrame: number
  /** Server clock minus ours, in milliseconds. */
  skew: number
  version: string
  /** What the server could not tell, as a sentence; empty when all is well. */
  problem: string
}

type Listener = (frame: Frame) => void

interface Topic {
  listeners: Set<Listener>
  since: () => number | undefined
}

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 8_000
// The server beats every 5 s; after four missed beats the line is dead, whatever the socket says.
const DEAD_AFTER_MS = 20_000
// What cannot be told now may be told in a moment.
const ASK_AGAIN_MS = 5_000
const WATCH_EVERY_MS = 1_000

export class LiveConnection {
  private socket: WebSocket | null = null
  private topics = new Map<string, Topic>()
  private watchers = new Set<() => void>()
  private attempt = 0
  private retry: ReturnType<typeof setTimeout> | undefined
  private watch: ReturnType<typeof setInterval> | undefined
  private current: ConnectionState = {
    phase: 'connecting',
    lastFrame: 0,
    skew: 0,
    version: '',
    problem: '',
  }

  constructor(private readonly url: string = liveUrl()) {}

  get state(): ConnectionState {
    return this.current
  }

  /** Hear about every change of `state`; used by the connection dot. */
  watchState = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher)
    return () => this.watchers.delete(watcher)
  }

  getState = (): ConnectionState => this.current

  /** Hear a topic. `since` is asked at every (re)subscription: epoch seconds of the last point. */
  subscribe(topic: string, listener: Listener, since?: () => number | undefined): () => void {
    let entry = this.topics.get(topic)
    if (entry) {
      entry.listeners.add(listener)
      if (since) entry.since = since
    } else {
      entry = { listeners: new Set([listener]), since: since ?? (() => undefined) }
      this.topics.set(topic, entry)
    }
    this.open()
    this.ask([topic])
    return () => this.drop(topic, listener)
  }

  /** Ask for a topic's snapshot again, for instance because something unknown turned up. */
  refresh(topic: string): void {
    if (this.topics.has(topic)) this.ask([topic])
  }

  /** Hang up for good. */
  close(): void {
    clearTimeout(this.retry)
    clearInterval(this.watch)
    this.watch = undefined
    const socket = this.socket
    this.socket = null
    socket?.close()
  }

  private drop(topic: string, listener: Listener): void {
    const entry = this.topics.get(topic)
    if (!entry) return
    entry.listeners.delete(listener)
    if (entry.listeners.size > 0) return
    this.topics.delete(topic)
    this.send({ unsub: [topic] })
  }

  private open(): void {
    if (this.socket) return
    const socket = new WebSocket(this.url)
    this.socket = socket
    socket.addEventListener('open', () => {
      if (socket !== this.socket) return
      this.attempt = 0
      this.update({ phase: 'open', lastFrame: performance.now() })
      this.ask([...this.topics.keys()])
    })
    socket.addEventListener('message', (message: MessageEvent<string>) => {
      if (socket === this.socket) this.receive(message.data)
    })
    socket.addEventListener('close', () => this.lost(socket))
    this.watch ??= setInterval(() => this.check(), WATCH_EVERY_MS)
  }

  private lost(socket: WebSocket): void {
    if (socket !== this.socket) return
    this.socket = null
    this.update({ phase: 'reconnecting', problem: '' })
    const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.attempt)
    this.attempt += 1
    // Jitter, so that a hundred pages do not come back in the same instant.
    this.retry = setTimeout(() => this.open(), wait * (0.5 + Math.random() / 2))
  }

  private check(): void {
    const socket = this.socket
    const { phase, lastFrame } = this.current
    if (phase === 'open' && socket && performance.now() - lastFrame > DEAD_AFTER_MS) {
      socket.close()
      this.lost(socket)
    }
  }

  private receive(text: string): void {
    const frame = JSON.parse(text) as Frame
    this.current = { ...this.current, lastFrame: performance.now() }
    if (frame.topic === 'server' && 'now' in frame) {
      const version = 'version' in frame ? frame.version : this.current.version
      this.update({ skew: frame.now * 1000 - Date.now(), version })
      return
    }
    if (frame.kind === 'gap') {
      this.ask(frame.topic === 'server' ? [...this.topics.keys()] : [frame.topic])
      return
    }
    if (frame.kind === 'error') {
      this.update({ problem: frame.detail })
      if (frame.topic !== 'server') setTimeout(() => this.refresh(frame.topic), ASK_AGAIN_MS)
      return
    }
    if (frame.kind === 'snapshot' && this.current.problem) this.update({ problem: '' })
    for (const listener of this.topics.get(frame.topic)?.listeners ?? []) listener(frame)
  }

  private ask(topics: string[]): void {
    if (topics.length === 0) return
    const since: Record<string, number> = {}
    for (const topic of topics) {
      const last = this.topics.get(topic)?.since()
      if (last !== undefined) since[topic] = last
    }
    this.send({ sub: topics, since })
  }

  private send(message: unknown): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message))
  }

  private update(change: Partial<ConnectionState>): void {
    this.current = { ...this.current, ...change }
    for (const watcher of this.watchers) watcher()
  }
}

function liveUrl(): string {
  const { protocol, host } = window.location
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/v1/live`
}

let shared: LiveConnection | undefined

/** The tab's one connection. */
export function liveConnection(): LiveConnection {
  shared ??= new LiveConnection()
  return shared
}

/** Hang up and forget the tab's connection (tests begin with a fresh one). */
export function resetLiveConnection(): void {
  shared?.close()
  shared = undefined
}
