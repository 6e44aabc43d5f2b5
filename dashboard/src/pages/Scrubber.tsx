// Play, pause, speed, and a slider over the session with its alerts marked; zoom to 5, 15, 60 min.
import { clock, duration, epoch } from '../lib/format'
import { ALERT_TYPES, SEVERITIES } from '../lib/levels'
import { PauseIcon, PlayIcon } from '../shell/icons'
import type { Alert } from '../wire'
import { SPEEDS, type Playhead } from './usePlayhead'

const ZOOMS = [
  { word: 'All', minutes: 0 },
  { word: '5 min', minutes: 5 },
  { word: '15 min', minutes: 15 },
  { word: '60 min', minutes: 60 },
]

export function Scrubber({ head, alerts }: { head: Playhead; alerts: Alert[] }) {
  const { at, from, to, whole, playing, speed } = head
  const shown = alerts.filter((alert) => epoch(alert.time) >= from && epoch(alert.time) <= to)
  const length = whole[1] - whole[0]
  const zoomed = Math.round((to - from) / 60)

  const zoom = (minutes: number) => {
    const wide = minutes * 60
    if (minutes === 0 || wide >= length) return head.setRange(null, null)
    const start = Math.min(Math.max(whole[0], at - wide / 2), whole[1] - wide)
    head.setRange(start, start + wide)
  }

  return (
    <section className="card mb-4 p-4" aria-label="Replay">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <button
          type="button"
          className="btn btn-main"
          aria-label={playing ? 'Pause' : 'Play'}
          onClick={() => head.play(!playing)}
        >
          {playing ? <PauseIcon /> : <PlayIcon />}
          <span aria-hidden="true">{playing ? 'Pause' : 'Play'}</span>
        </button>
        <label className="flex items-center gap-2">
          <span className="label">Speed</span>
          <select
            className="field"
            value={speed}
            onChange={(event) => head.setSpeed(Number(event.target.value))}
          >
            {SPEEDS.map((one) => (
              <option key={one} value={one}>
                {one}×
              </option>
            ))}
          </select>
        </label>
        <p className="text-lg font-semibold" data-testid="replay-time">
          {clock(at)}
          <span className="label font-normal">
            {' '}
            {duration(at - whole[0])} of {duration(length)}
          </span>
        </p>
        <div className="flex flex-wrap gap-1 sm:ml-auto" role="group" aria-label="Range">
          {ZOOMS.filter(({ minutes }) => minutes * 60 < length).map(({ word, minutes }) => {
            const all = from === whole[0] && to === whole[1]
            return (
              <button
                key={word}
                type="button"
                className="btn px-3"
                aria-pressed={minutes === 0 ? all : !all && zoomed === minutes}
                onClick={() => zoom(minutes)}
              >
                {word}
              </button>
            )
          })}
        </div>
      </div>
      <div className="relative mt-3 pt-4">
        {shown.map((alert) => {
          const look = SEVERITIES[alert.severity]
          const place = (epoch(alert.time) - from) / (to - from)
          return (
            <button
              key={alert.id}
              type="button"
              className={`tone-${look.tone} absolute top-0 grid h-5 w-6 -translate-x-1/2 place-items-center text-[11px]`}
              // The slider's thumb is 20 px wide: its middle runs from 10 px to 10 px before the end.
              style={{ left: `calc(10px + ${place} * (100% - 20px))`, color: 'var(--tone)' }}
              aria-label={`To ${look.word}: ${ALERT_TYPES[alert.type].word} at ${clock(epoch(alert.time))}`}
              title={`${ALERT_TYPES[alert.type].word}, ${clock(epoch(alert.time))}`}
              onClick={() => head.seek(epoch(alert.time))}
            >
              <span aria-hidden="true">{look.icon}</span>
            </button>
          )
        })}
        <input
          type="range"
          className="scrub w-full"
          min={from}
          max={to}
          step={1}
          value={Math.round(at)}
          aria-label="Position in the session"
          aria-valuetext={`${clock(at)}, ${duration(at - whole[0])} in`}
          onChange={(event) => head.seek(Number(event.target.value))}
        />
      </div>
    </section>
  )
}
