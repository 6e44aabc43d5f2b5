// Several lines over time, painted by uPlot: guesses hatched, changes of level marked, one cursor.
import {
  useCallback,
  useId,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from 'react'
import { clock, day } from '../lib/format'
import { useDebounced } from '../lib/hooks'
import { saidAt, united, type Line } from '../lib/lines'
import { Origin } from '../panels/Origin'
import { LinesTable } from './LinesTable'
import { ManyLines, type ManyLinesHandle } from './ManyLines'
import { Swatch } from './Swatch'

export interface TrajectoriesProps {
  title: string
  lines: Line[]
  range: [number, number]
  show: (value: number | null) => string
  /** Times are days since each line's first point. */
  since?: boolean
  height?: number
}

export function Trajectories(props: TrajectoriesProps) {
  const { title, lines, range, show, since = false, height = 260 } = props
  const chart = useRef<ManyLinesHandle>(null)
  const [at, setAt] = useState<{ index: number; left: number } | null>(null)
  const table = useId()
  const [t, rows] = useMemo(() => united(lines), [lines])
  const label = useCallback((x: number) => (since ? `day ${Math.round(x)}` : moment(x)), [since])
  const here = at === null ? undefined : t[at.index]
  const said = useDebounced(here === undefined ? '' : sentence(lines, here, label, show), 350)
  const onCursor = useCallback((index: number | null, left: number) => {
    setAt((now) =>
      index === null ? null : now?.index === index && now.left === left ? now : { index, left },
    )
  }, [])

  const onKey = (event: KeyboardEvent) => {
    const last = t.length - 1
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key]
    let index: number | null
    if (event.key === 'Home') index = 0
    else if (event.key === 'End') index = last
    else if (event.key === 'Escape') index = null
    else if (step)
      index = Math.min(last, Math.max(0, (at?.index ?? (step < 0 ? last + 1 : -1)) + step))
    else return
    event.preventDefault()
    chart.current?.point(index)
    setAt((now) => (index === null ? null : { index, left: now?.left ?? 0 }))
  }

  if (t.length === 0) return <p className="label py-6">No points in this time.</p>
  return (
    <div className="relative">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- arrow keys move the cursor */}
      <div
        role="figure"
        aria-label={title}
        aria-details={table}
        tabIndex={0}
        className="relative rounded-xl"
        onKeyDown={onKey}
        onBlur={() => onCursor(null, 0)}
        data-testid="trajectories"
      >
        <ManyLines
          ref={chart}
          t={t}
          rows={rows}
          lines={lines}
          range={range}
          since={since}
          height={height}
          show={show}
          onCursor={onCursor}
        />
        {here !== undefined && (
          <Tip left={at!.left} at={label(here)}>
            {lines.map((line, i) => {
              const one = saidAt(line, here)
              return (
                <li key={i} className="flex items-center gap-2 text-sm">
                  <Swatch place={i} />
                  <span className="max-w-32 min-w-0 flex-1 truncate text-soft">{line.name}</span>
                  <span className="font-semibold">{show(one?.value ?? null)}</span>
                  <Origin source={one?.source ?? undefined} />
                </li>
              )
            })}
          </Tip>
        )}
      </div>
      <p aria-live="polite" className="sr-only">
        {said}
      </p>
      <LinesTable id={table} t={t} rows={rows} lines={lines} label={label} show={show} />
    </div>
  )
}

interface TipProps {
  left: number
  at: string
  children: ReactNode
}

function Tip({ left, at, children }: TipProps) {
  return (
    <div
      data-testid="tooltip"
      className="card pointer-events-none absolute top-2 z-10 w-max max-w-full px-3 py-2"
      style={left > 320 ? { left: 52 } : { right: 12 }}
    >
      <p className="label">{at}</p>
      <ul className="grid gap-0.5">{children}</ul>
    </div>
  )
}

function moment(seconds: number): string {
  return `${day(seconds)}, ${clock(seconds).slice(0, 5)}`
}

function sentence(
  lines: Line[],
  at: number,
  label: (x: number) => string,
  show: (value: number | null) => string,
): string {
  const told = lines.map((line) => {
    const one = saidAt(line, at)
    return `${line.name} ${show(one?.value ?? null)}${one?.source ? ` (${one.source})` : ''}`
  })
  return `${label(at)}: ${told.join(', ')}`
}
