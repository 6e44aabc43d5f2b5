// The score over time: area coloured by level, level bands, the 30 % line, and pins for alerts.
import { useCallback, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react'
import type uPlot from 'uplot'
import { clock, DASH, score100 } from '../lib/format'
import { CRITICAL_SCORE, LEVEL_WORDS, levelColor, levelOf } from '../lib/levels'
import type { Alert } from '../wire'
import { moved, useCursor } from './cursor'
import { scorePaint } from './paint'
import { Pins } from './Pins'
import type { PlotHandle } from './plot'
import { PointsTable } from './PointsTable'
import { TimeChart } from './TimeChart'
import { Tooltip } from './Tooltip'
import { useDebounced } from '../lib/hooks'

export interface ChartProps {
  t: number[]
  scores: (number | null)[]
  from: number
  to: number
  alerts?: Alert[]
  title?: string
  /** Replay: what lies behind this moment is dimmed. */
  cursor?: number | null
  selected?: string | null
  big?: boolean
  loading?: boolean
  height?: number
  names?: boolean
  onPin?: (alert: Alert) => void
  onPick?: (t: number) => void
}

const SPLITS = [0, 20, 40, 60, 80, 100]
const NO_ALERTS: Alert[] = []
const HEADS = ['Time', 'Score', 'Level']

export function EngagementChart(props: ChartProps) {
  const { t, scores, from, to, alerts = NO_ALERTS, title = 'Engagement score over time' } = props
  const { big = false, height = 300, cursor = null } = props
  const chart = useRef<PlotHandle>(null)
  const [hover, onCursor] = useCursor()
  const [layout, setLayout] = useState<Layout | null>(null)
  const table = useId()

  const data = useMemo(
    () => ({ t, values: scores.map((one) => (one === null ? null : one * 100)) }),
    [t, scores],
  )
  const paint = useMemo(() => scorePaint({ big, playhead: cursor }), [big, cursor])

  const at = hover === null ? undefined : t[hover.index]
  const score = hover === null ? null : (scores[hover.index] ?? null)
  const said = useDebounced(at === undefined ? '' : sentence(at, score), 350)

  const cells = useCallback(
    (index: number) => {
      const one = scores[index] ?? null
      return [clock(t[index]!), score100(one), one === null ? DASH : LEVEL_WORDS[levelOf(one)]]
    },
    [t, scores],
  )

  const onLayout = useCallback((plot: uPlot) => {
    const next = readLayout(plot)
    setLayout((now) => (now && same(now, next) ? now : next))
  }, [])

  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && at !== undefined) props.onPick?.(at)
    const index = moved(event.key, hover?.index ?? null, t.length, 12)
    if (index === undefined) return
    event.preventDefault()
    chart.current?.point(index)
    // uPlot reports its cursor with the next frame; what is said must not wait for it.
    onCursor(index)
  }

  const empty = t.length === 0
  return (
    <div className="relative">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- arrow keys move the cursor */}
      <div
        role="figure"
        aria-label={title}
        aria-details={big ? undefined : table}
        tabIndex={empty ? -1 : 0}
        className="relative rounded-xl"
        onKeyDown={onKey}
        onBlur={() => onCursor(null)}
        data-testid="engagement-chart"
      >
        {empty ? (
          <Empty loading={props.loading ?? false} height={height} />
        ) : (
          <TimeChart
            ref={chart}
            data={data}
            from={from}
            to={to}
            height={height}
            max={100}
            splits={SPLITS}
            paint={paint}
            big={big}
            onCursor={onCursor}
            onLayout={onLayout}
          />
        )}
        {!empty && layout && (
          <Pins
            alerts={alerts}
            layout={layout}
            from={from}
            to={to}
            cursor={cursor}
            selected={props.selected ?? null}
            onPin={props.onPin}
          />
        )}
        {!empty && at !== undefined && (
          <Tooltip
            left={(layout?.left ?? 0) + (hover?.left ?? 0)}
            width={layout?.full ?? 0}
            at={at}
            score={score}
          />
        )}
      </div>
      <p aria-live="polite" className="sr-only">
        {said}
      </p>
      {!big && (
        <PointsTable
          id={table}
          caption="Score every five seconds, newest first"
          heads={HEADS}
          count={t.length}
          cells={cells}
          stats={stats(t, scores)}
        />
      )}
    </div>
  )
}

export interface Layout {
  left: number
  top: number
  width: number
  height: number
  full: number
}

function readLayout(plot: uPlot): Layout {
  const ratio = plot.width > 0 ? plot.ctx.canvas.width / plot.width || 1 : 1
  const { left, top, width, height } = plot.bbox
  return {
    left: left / ratio,
    top: top / ratio,
    width: width / ratio,
    height: height / ratio,
    full: plot.width,
  }
}

function same(a: Layout, b: Layout): boolean {
  return a.left === b.left && a.width === b.width && a.height === b.height && a.full === b.full
}

function sentence(at: number, score: number | null): string {
  if (score === null) return `${clock(at)}: no score`
  const danger = score < CRITICAL_SCORE ? ', under the critical line' : ''
  return `${clock(at)}: ${score100(score)} of 100, ${LEVEL_WORDS[levelOf(score)]}${danger}`
}

function stats(t: number[], scores: (number | null)[]): string {
  const known = scores.filter((one) => one !== null)
  if (known.length === 0) return `${t.length} points`
  const low = score100(Math.min(...known))
  const high = score100(Math.max(...known))
  const mean = score100(known.reduce((sum, one) => sum + one, 0) / known.length)
  return `${known.length} points, ${low} to ${high}, mean ${mean}`
}

function Empty({ loading, height }: { loading: boolean; height: number }) {
  return (
    <div
      className="grid place-items-center rounded-xl text-center"
      style={{ height, background: 'var(--sunken)' }}
    >
      <div>
        <p className="text-3xl text-soft" aria-hidden="true">
          {DASH}
        </p>
        <p className="head">{loading ? 'Listening…' : 'No points yet'}</p>
        <p className="label">The first score comes with the next five-second tick.</p>
      </div>
    </div>
  )
}

/** The colours of the levels, for the legend beside the chart. */
export function levelSwatch(score: number): string {
  return `var(${levelColor(levelOf(score))})`
}
