// The wrapper around uPlot for several lines: axes, dashes, hatched guesses, resize and theme.
import { useCallback, useLayoutEffect, useRef, type Ref } from 'react'
import uPlot from 'uplot'
import { clock } from '../lib/format'
import { guessRuns, type Line } from '../lib/lines'
import { cssColor, fade } from '../lib/theme'
import { BARE, report, usePlot, type OnCursor, type PlotHandle } from './plot'
import { dashes } from './strokes'

interface Props {
  t: number[]
  rows: (number | null)[][]
  lines: Line[]
  range: [number, number]
  since: boolean
  height: number
  show: (value: number | null) => string
  onCursor: OnCursor
  ref?: Ref<PlotHandle>
}

// Where there are few points each is shown, or a line of one would not be seen.
const FEW = 40

export function ManyLines(props: Props) {
  const { t, rows, lines, range, since, height, ref } = props
  const latest = useRef(props)
  useLayoutEffect(() => {
    latest.current = props
  })
  // Other lines make the chart anew.
  const make = useCallback(
    (element: HTMLElement, width: number) =>
      new uPlot(options(latest, width, lines, range, since, height), [t, ...rows], element),
    [t, rows, lines, range, since, height],
  )
  const [host] = usePlot(make, ref)

  return <div ref={host} className="w-full overflow-hidden" style={{ height }} aria-hidden="true" />
}

function options(
  latest: { current: Props },
  width: number,
  lines: Line[],
  [low, high]: [number, number],
  since: boolean,
  height: number,
): uPlot.Options {
  const ink = cssColor('--soft')
  const grid = fade(cssColor('--line'), 0.9)
  const font = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'
  return {
    width,
    height,
    padding: [10, 14, 0, 0],
    ...BARE,
    scales: { x: { time: !since, range: around }, y: { auto: false, range: [low, high] } },
    axes: [
      {
        stroke: ink,
        font,
        size: 32,
        space: 70,
        grid: { show: false },
        ticks: { show: false },
        values: (_, marks, __, ___, step) =>
          marks.map((mark) => (since ? `day ${mark}` : short(mark, step))),
      },
      {
        stroke: ink,
        font,
        size: 52,
        gap: 6,
        grid: { stroke: grid, width: 1 },
        ticks: { show: false },
        values: (_, marks) => marks.map((mark) => latest.current.show(mark)),
      },
    ],
    series: [
      {},
      ...lines.map((line, i) => ({
        stroke: cssColor(`--series-${i + 1}`),
        width: 2,
        dash: dashes(i),
        spanGaps: true,
        points: { show: line.t.length <= FEW, size: 6, fill: cssColor(`--series-${i + 1}`) },
      })),
    ],
    hooks: {
      drawClear: [(u) => lines.forEach((line, i) => hatch(u, line, cssColor(`--series-${i + 1}`)))],
      draw: [(u) => lines.forEach((line, i) => changes(u, line, cssColor(`--series-${i + 1}`)))],
      setCursor: [(u) => report(u, latest.current.onCursor)],
    },
  }
}

/** One point alone needs some room around it, or it stands on the edge. */
function around(_: uPlot, from: number | null, to: number | null): [number, number] {
  if (from === null || to === null) return [0, 1]
  const room = from === to ? Math.max(1, Math.abs(from) * 1e-6) : (to - from) * 0.015
  return [from - room, to + room]
}

function short(seconds: number, step: number): string {
  const date = new Date(seconds * 1000)
  if (step >= 86_400) return date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' })
  return clock(seconds).slice(0, 5)
}

const BAND = 7
const APART = 6

/** A hatched band around each stretch of the line that rests on guesses. */
function hatch(plot: uPlot, line: Line, color: string): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio || 1
  for (const [first, last] of guessRuns(line)) {
    const at = (i: number): [number, number] => [
      plot.valToPos(line.t[i]!, 'x', true),
      plot.valToPos(line.values[i]!, 'y', true),
    ]
    const spots = Array.from({ length: last - first + 1 }, (_, i) => at(first + i))
    const [x0, x1] = [spots[0]![0] - 4 * ratio, spots.at(-1)![0] + 4 * ratio]
    const corners: [number, number][] = [
      [x0, spots[0]![1] - BAND * ratio],
      ...spots.map(([x, y]): [number, number] => [x, y - BAND * ratio]),
      [x1, spots.at(-1)![1] - BAND * ratio],
      [x1, spots.at(-1)![1] + BAND * ratio],
      ...spots.toReversed().map(([x, y]): [number, number] => [x, y + BAND * ratio]),
      [x0, spots[0]![1] + BAND * ratio],
    ]
    ctx.save()
    ctx.beginPath()
    corners.forEach(([x, y], i) => (i === 0 ? ctx.moveTo(x, y) : ctx.lineTo(x, y)))
    ctx.closePath()
    ctx.clip()
    ctx.strokeStyle = fade(color, 0.55)
    ctx.lineWidth = ratio
    ctx.beginPath()
    for (let x = x0 - bbox.height; x < x1; x += APART * ratio) {
      ctx.moveTo(x, bbox.top + bbox.height)
      ctx.lineTo(x + bbox.height, bbox.top)
    }
    ctx.stroke()
    ctx.restore()
  }
}

/** A post where the level of a line changes. */
function changes(plot: uPlot, line: Line, color: string): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio || 1
  ctx.save()
  ctx.strokeStyle = color
  ctx.fillStyle = color
  ctx.lineWidth = 1.25 * ratio
  for (const at of line.changes) {
    const x = plot.valToPos(at, 'x', true)
    ctx.setLineDash([3 * ratio, 3 * ratio])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.setLineDash([])
    ctx.beginPath()
    ctx.moveTo(x - 6 * ratio, bbox.top)
    ctx.lineTo(x + 6 * ratio, bbox.top)
    ctx.lineTo(x, bbox.top + 9 * ratio)
    ctx.closePath()
    ctx.fill()
  }
  ctx.restore()
}
