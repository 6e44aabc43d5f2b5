// Where a replay stands, how fast it runs and what range is shown; the address holds all of it.
import { useCallback, useEffect, useRef, useState } from 'react'
import { useParam } from '../lib/hooks'

export const SPEEDS = [1, 5, 10, 30, 60]
// The address is rewritten this often while playing: browsers refuse more than a hundred in 30 s.
const NOTE_MS = 1_000

export interface Playhead {
  at: number
  /** The range shown, within the whole. */
  from: number
  to: number
  whole: [number, number]
  playing: boolean
  speed: number
  seek: (at: number) => void
  play: (playing: boolean) => void
  setSpeed: (speed: number) => void
  setRange: (from: number | null, to: number | null) => void
}

export function usePlayhead(whole: [number, number]): Playhead {
  const [start, end] = whole
  const [atText, setAtText] = useParam('t')
  const [fromText, setFrom] = useParam('from')
  const [toText, setTo] = useParam('to')
  const [speedText, setSpeedText] = useParam('speed', '10')
  const inside = (text: string, other: number) =>
    Math.min(end, Math.max(start, text === '' ? other : Number(text) || other))
  const from = inside(fromText, start)
  const to = Math.max(from + 5, inside(toText, end))
  const speed = SPEEDS.find((one) => one === Number(speedText)) ?? 10

  const [at, setAt] = useState(() => inside(atText, end))
  const [playing, setPlaying] = useState(false)
  const noted = useRef(0)
  const note = useCallback(
    (moment: number, now: boolean) => {
      const stamp = performance.now()
      if (!now && stamp - noted.current < NOTE_MS) return
      noted.current = stamp
      setAtText(String(Math.round(moment)))
    },
    [setAtText],
  )

  useEffect(() => {
    if (!playing) return
    let frame = 0
    let last = performance.now()
    let moment = at
    const step = (stamp: number) => {
      moment = Math.min(to, moment + ((stamp - last) / 1000) * speed)
      last = stamp
      setAt(moment)
      note(moment, moment >= to)
      if (moment >= to) setPlaying(false)
      else frame = requestAnimationFrame(step)
    }
    frame = requestAnimationFrame(step)
    return () => cancelAnimationFrame(frame)
    // `at` is where playing starts from; while it plays the loop itself moves it.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [playing, speed, to, note])

  return {
    at,
    from,
    to,
    whole,
    playing,
    speed,
    seek: (moment) => {
      const next = Math.min(to, Math.max(from, moment))
      setPlaying(false)
      setAt(next)
      note(next, true)
    },
    play: (next) => {
      if (next && at >= to - 1) setAt(from)
      setPlaying(next)
    },
    setSpeed: (next) => setSpeedText(String(next)),
    setRange: (nextFrom, nextTo) => {
      setFrom(nextFrom === null ? '' : String(Math.round(nextFrom)))
      setTo(nextTo === null ? '' : String(Math.round(nextTo)))
    },
  }
}
