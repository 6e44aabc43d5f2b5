// How the score chart is painted: colour follows the level because the gradient follows the axis.
import type uPlot from 'uplot'
import { CRITICAL_SCORE, LEVEL_WORDS, levelColor } from '../lib/levels'
import { cssColor, fade } from '../lib/theme'
import { LEVEL_BOUNDS } from '../wire'
import type { Paint } from './TimeChart'

// Each level's colour spreads from its lower bound up; at the bounds two colours melt briefly.
const MELT = 0.02

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

function gradient(plot: uPlot, alpha: (stop: number) => number): CanvasGradient | string {
  const { top, height } = plot.bbox
  // Before the first layout the box is empty, and a gradient over nothing throws.
  if (!Number.isFinite(top) || !Number.isFinite(height) || height <= 0) return 'transparent'
  const fill = plot.ctx.createLinearGradient(0, top, 0, top + height)
  for (const [stop, color] of levelStops()) fill.addColorStop(stop, fade(color, alpha(stop)))
  return fill
}

export function scorePaint({ big, playhead }: { big: boolean; playhead: number | null }): Paint {
  return {
    line: (plot) => gradient(plot, () => 1),
    area: (plot) => gradient(plot, (stop) => 0.34 - 0.26 * stop),
    under: (plot) => bands(plot, big),
    over: (plot) => {
      critical(plot, big)
      if (playhead !== null) veil(plot, playhead)
    },
    axis: () => ({ ink: cssColor('--soft'), grid: fade(cssColor('--line'), 0.9) }),
  }
}

/** Level bands: a wash so faint that it is felt rather than seen, and the word at the right. */
function bands(plot: uPlot, big: boolean): void {
  const { ctx, bbox } = plot
  const ratio = devicePixelRatio || 1
  ctx.save()
  ctx.textAlign = 'right'
  ctx.textBaseline = 'top'
  ctx.font = `${(big ? 18 : 11) * ratio}px system-ui, -apple-system, "Segoe UI", sans-serif`
  let top = 1
  for (const [level, least] of LEVEL_BOUNDS) {
    const y = bbox.top + (1 - top) * bbox.height
    const height = (top - least) * bbox.height
    ctx.fillStyle = fade(cssColor(levelColor(level)), 0.045)
    ctx.fillRect(bbox.left, y, bbox.width, height)
    ctx.fillStyle = cssColor(levelColor(level, true))
    ctx.fillText(LEVEL_WORDS[level], bbox.left + bbox.width - 8 * ratio, y + 5 * ratio)
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
