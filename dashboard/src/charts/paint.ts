// How the score chart is painted: colour follows the level because the gradient follows the axis.
import type uPlot from 'uplot'
import { CRITICAL_SCORE, LEVEL_WORDS, levelColor, levelOf } from '../lib/levels'
import { cssColor, fade } from '../lib/theme'
import { LEVEL_BOUNDS, type Level } from '../wire'
import type { Paint } from './TimeChart'

// Each level's colour spreads from its lower bound up; at the bounds two colours melt briefly.
const MELT = 0.02
export const NARROW = 560

/** Colour stops from the top of the plot (score 1) to its bottom (score 0). */
export function levelStops(): [number, string][] {
  const stops: [number, string][] = []
  let top = 0
  for (const [level, least] of LEVEL_BOUNDS) {
    const bottom = 1 - least
    const color = cssColor(levelColor(level))
    stops.push([top === 0 ? 0 : top + MELT, color], [bottom === 1 ? 1 : bottom - MELT, color])
    top = bottom
  }
  return stops
}

function byLevel(plot: uPlot): CanvasGradient | string {
  const { top, height } = plot.bbox
  // Before the first layout the box is empty, and a gradient over nothing throws.
  if (!Number.isFinite(top) || !Number.isFinite(height) || height <= 0) return 'transparent'
  const fill = plot.ctx.createLinearGradient(0, top, 0, top + height)
  for (const [stop, color] of levelStops()) fill.addColorStop(stop, color)
  return fill
}

/** The area under the line wears, at each time, the colour of the level at that time. */
function overTime(plot: uPlot, alpha: number): CanvasGradient | string {
  const { left, width } = plot.bbox
  const [times, scores] = plot.data
  if (!Number.isFinite(left) || !Number.isFinite(width) || width <= 0) return 'transparent'
  const fill = plot.ctx.createLinearGradient(left, 0, left + width, 0)
  let worn: Level | null = null
  let before = 0
  times.forEach((t, i) => {
    const score = scores?.[i]
    if (score === null || score === undefined) return
    const level = levelOf(score / 100)
    if (level === worn) return
    const stop = Math.min(1, Math.max(0, (plot.valToPos(t, 'x', true) - left) / width))
    if (worn) fill.addColorStop(Math.max(before, stop - MELT / 2), shade(worn, alpha))
    fill.addColorStop(stop, shade(level, alpha))
    worn = level
    before = stop
  })
  return worn ? fill : 'transparent'
}

function shade(level: Level, alpha: number): string {
  return fade(cssColor(levelColor(level)), alpha)
}

export function scorePaint({ big, playhead }: { big: boolean; playhead: number | null }): Paint {
  return {
    line: (plot) => byLevel(plot),
    area: (plot) => overTime(plot, 0.17),
    under: (plot) => bands(plot, big),
    over: (plot) => {
      critical(plot, big)
      if (playhead !== null) veil(plot, playhead)
    },
    axis: () => ({ ink: cssColor('--soft'), grid: fade(cssColor('--line'), 0.9) }),
  }
}

/** Level bands: a wash so faint that it is felt rather than seen, and the word in the margin. */
function bands(plot: uPlot, big: boolean): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio || 1
  ctx.save()
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.font = `${(big ? 18 : 11) * ratio}px system-ui, -apple-system, "Segoe UI", sans-serif`
  let top = 1
  for (const [level, least] of LEVEL_BOUNDS) {
    const y = bbox.top + (1 - top) * bbox.height
    const height = (top - least) * bbox.height
    ctx.fillStyle = fade(cssColor(levelColor(level)), 0.045)
    ctx.fillRect(bbox.left, y, bbox.width, height)
    ctx.fillStyle = cssColor(levelColor(level, true))
    const right = bbox.left + bbox.width
    // Where the page is too narrow for a margin, the words stay in the tooltip and the header.
    if (plot.width >= NARROW) ctx.fillText(LEVEL_WORDS[level], right + 8 * ratio, y + height / 2)
    top = least
  }
  ctx.restore()
}

function critical(plot: uPlot, big: boolean): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio || 1
  const y = bbox.top + (1 - CRITICAL_SCORE) * bbox.height
  const color = cssColor('--critical')
  ctx.save()
  ctx.strokeStyle = color
  ctx.lineWidth = (big ? 2.5 : 1.25) * ratio
  ctx.setLineDash([6 * ratio, 5 * ratio])
  ctx.beginPath()
  ctx.moveTo(bbox.left, y)
  ctx.lineTo(bbox.left + bbox.width, y)
  ctx.stroke()
  ctx.setLineDash([])
  ctx.font = `600 ${(big ? 18 : 11) * ratio}px system-ui, -apple-system, "Segoe UI", sans-serif`
  ctx.textAlign = 'left'
  ctx.textBaseline = 'bottom'
  ctx.fillStyle = color
  ctx.fillText('critical 30', bbox.left + 8 * ratio, y - 3 * ratio)
  ctx.restore()
}

/** Replay: what has not happened yet lies under a veil, and a line stands at now. */
function veil(plot: uPlot, playhead: number): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio || 1
  const x = Math.min(
    bbox.left + bbox.width,
    Math.max(bbox.left, plot.valToPos(playhead, 'x', true)),
  )
  ctx.save()
  ctx.fillStyle = fade(cssColor('--card'), 0.72)
  ctx.fillRect(x, bbox.top, bbox.left + bbox.width - x, bbox.height)
  ctx.fillStyle = cssColor('--ink')
  ctx.fillRect(x - ratio, bbox.top, 2 * ratio, bbox.height)
  ctx.restore()
}
