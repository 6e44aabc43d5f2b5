// The wrapper around uPlot for one area: a time axis, a keyboard cursor, resize and theme.
import { useCallback, useEffect, useLayoutEffect, useRef, type Ref } from 'react'
import uPlot from 'uplot'
import { useThemeVersion } from '../lib/theme'
import { NARROW } from './paint'
import { BARE, report, usePlot, type OnCursor, type PlotHandle } from './plot'

export interface TimeData {
  t: number[]
  values: (number | null)[]
}

export interface Paint {
  /** The stroke of the line and the fill under it, for the plot's box. */
  line: (plot: uPlot) => CanvasGradient | string
  area: (plot: uPlot) => CanvasGradient | string
  /** What lies under the line: bands, thresholds. */
  under?: (plot: uPlot) => void
  over?: (plot: uPlot) => void
  axis: () => { ink: string; grid: string }
}

interface Props {
  data: TimeData
  from: number
  to: number
  height: number
  max: number
  splits: number[]
  paint: Paint
  big?: boolean
  yAxis?: boolean
  onCursor: OnCursor
  onLayout?: (plot: uPlot) => void
  ref?: Ref<PlotHandle>
}

// A break in the data longer than this many seconds is a gap in the line, not a bridge.
const GAP_S = 60

export function TimeChart(props: Props) {
  const latest = useRef(props)
  useLayoutEffect(() => {
    latest.current = props
  })
  const theme = useThemeVersion()
  const { data, from, to, height, max, big = false, yAxis = true, splits, ref } = props

  const make = useCallback(
    (element: HTMLElement, width: number) => {
      const current = latest.current
      const shape = { height, max, big, yAxis, splits }
      const u = new uPlot(options(latest, width, shape), toData(current.data), element)
      u.setScale('x', { min: current.from, max: current.to })
      return u
    },
    [height, max, big, yAxis, splits],
  )
  const [host, plot] = usePlot(make, ref)

  useEffect(() => {
    const u = plot.current
    if (!u) return
    u.batch(() => {
      u.setData(toData(data), false)
      u.setScale('x', { min: from, max: to })
    })
  }, [plot, data, from, to, theme])

  return <div ref={host} className="w-full overflow-hidden" style={{ height }} aria-hidden="true" />
}

function toData({ t, values }: TimeData): uPlot.AlignedData {
  if (t.length === 0) return [[0], [null]]
  // Where points are missing a null goes in between, so that the line breaks instead of lying.
  const x: number[] = []
  const y: (number | null)[] = []
  t.forEach((at, i) => {
    if (i > 0 && at - t[i - 1]! > GAP_S) {
      x.push(t[i - 1]! + 1)
      y.push(null)
    }
    x.push(at)
    y.push(values[i] ?? null)
  })
  return [x, y]
}

/** Room at the right for the words of the levels; none where the page is narrow. */
function margin(big: boolean): uPlot.PaddingSide {
  return (u) => (u.width < NARROW ? 22 : big ? 110 : 68)
}

interface Shape {
  height: number
  max: number
  big: boolean
  yAxis: boolean
  splits: number[]
}

function options(props: { current: Props }, width: number, shape: Shape): uPlot.Options {
  const { ink, grid } = props.current.paint.axis()
  const size = shape.big ? 20 : 12
  const font = `${size}px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`
  const paint = () => props.current.paint
  return {
    width,
    height: shape.height,
    padding: [shape.big ? 12 : 34, margin(shape.big), 0, shape.yAxis ? 0 : 14],
    ...BARE,
    scales: { x: { time: true, auto: false }, y: { auto: false, range: [0, shape.max] } },
    axes: [
      {
        stroke: ink,
        font,
        size: shape.big ? 44 : 32,
        space: (u) => (shape.big ? 150 : u.width < NARROW ? 50 : 90),
        grid: { show: false },
        ticks: { show: false },
        values: (_, marks) => marks.map(short),
      },
      {
        show: shape.yAxis,
        stroke: ink,
        font,
        size: shape.big ? 60 : 42,
        gap: 8,
        grid: { stroke: grid, width: 1 },
        ticks: { show: false },
        splits: () => shape.splits,
      },
    ],
    series: [
      {},
      {
        width: shape.big ? 4 : 2.25,
        points: { show: false },
        spanGaps: false,
        stroke: (u) => paint().line(u),
        fill: (u) => paint().area(u),
      },
    ],
    hooks: {
      drawClear: [(u) => paint().under?.(u)],
      draw: [(u) => paint().over?.(u)],
      setCursor: [(u) => report(u, props.current.onCursor)],
      drawAxes: [(u) => props.current.onLayout?.(u)],
    },
  }
}

function short(seconds: number): string {
  const date = new Date(seconds * 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  const base = `${two(date.getHours())}:${two(date.getMinutes())}`
  return date.getSeconds() ? `${base}:${two(date.getSeconds())}` : base
}
