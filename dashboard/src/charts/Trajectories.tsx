// Several lines over time, painted by uPlot: guesses hatched, changes of level marked, one cursor.
import { useCallback, useId, useMemo, useRef, type KeyboardEvent, type ReactNode } from 'react'
import { when } from '../lib/format'
import { useDebounced } from '../lib/hooks'
import { saidAt, united, type Line } from '../lib/lines'
import { Origin } from '../panels/Origin'
import { moved, useCursor } from './cursor'
import { ManyLines } from './ManyLines'
import type { PlotHandle } from './plot'
import { PointsTable } from './PointsTable'
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
  const chart = useRef<PlotHandle>(null)
  const [at, onCursor] = useCursor()
  const table = useId()
  const [t, rows] = useMemo(() => united(lines), [lines])
  const label = useCallback((x: number) => (since ? `day ${Math.round(x)}` : when(x)), [since])
  const heads = useMemo(() => ['When', ...lines.map((line) => line.name)], [lines])
  const cells = useCallback(
    (index: number) => [label(t[index]!), ...rows.map((row) => show(row[index] ?? null))],
    [t, rows, label, show],
  )
  const here = at === null ? undefined : t[at.index]
  const said = useDebounced(here === undefined ? '' : sentence(lines, here, label, show), 350)

  const onKey = (event: KeyboardEvent) => {
    const index = moved(event.key, at?.index ?? null, t.length)
    if (index === undefined) return
    event.preventDefault()
    chart.current?.point(index)
    onCursor(index)
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
        onBlur={() => onCursor(null)}
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
      <PointsTable
        id={table}
        caption={`${title}, newest first`}
        heads={heads}
        count={t.length}
        cells={cells}
      />
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
