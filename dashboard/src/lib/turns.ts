// What the turns of a conversation tell: one field over all of them, who says so, turning points.
import type { Sources, Turn } from './conversations'

/** A number of a turn; null where it has none. */
export function numberOf(turn: Turn, measurement: string, field: string): number | null {
  const value = turn.values[measurement]?.[field]
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** A word of a turn; empty where it has none. */
export function wordOf(turn: Turn, measurement: string, field: string): string {
  const value = turn.values[measurement]?.[field]
  return typeof value === 'string' ? value : ''
}

export function sourceOf(turn: Turn, measurement: string): string | undefined {
  return wordOf(turn, measurement, 'source') || undefined
}

/** Which sources a measurement's rows have, as shares of the turns that have a row. */
export function sourcesOf(turns: Turn[], measurement: string): Sources {
  const found: Sources = {}
  for (const turn of turns) {
    const source = sourceOf(turn, measurement)
    if (source) found[source] = (found[source] ?? 0) + 1
  }
  const all = Object.values(found).reduce((sum, count) => sum + count, 0)
  return Object.fromEntries(Object.entries(found).map(([one, count]) => [one, count / all]))
}

export function mean(values: (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length > 0 ? known.reduce((sum, one) => sum + one, 0) / known.length : null
}

export interface TurningPoint {
  /** Which turn. */
  index: number
  /** Whether the mood goes up or down from there. */
  to: 'up' | 'down'
}

/** How far, of the two that valence spans, the mood must come back before a turn is believed. */
export const TURNING = 0.5

/** A turn's valence with its neighbours': (before + 2 × its own + after) / 4, over those known. */
export function smooth(values: (number | null)[]): (number | null)[] {
  return values.map((own, i) => {
    if (own === null) return null
    const around = [values[i - 1] ?? null, own, own, values[i + 1] ?? null]
    return mean(around)
  })
}

/**
 * Where the mood turns: the extremes of the smoothed valence from which it comes back by `least`.
 *
 * Smaller ups and downs between two such extremes are noise and are passed over.
 */
export function turningPoints(valences: (number | null)[], least = TURNING): TurningPoint[] {
  const values = smooth(valences)
  const found: TurningPoint[] = []
  let low: number | null = null
  let high: number | null = null
  let rising: boolean | null = null
  values.forEach((value, i) => {
    if (value === null) return
    if (low === null || value < values[low]!) low = i
    if (high === null || value > values[high]!) high = i
    if (rising !== false && values[high]! - value >= least) {
      if (isInside(high, valences)) found.push({ index: high, to: 'down' })
      rising = false
      low = high = i
    } else if (rising !== true && value - values[low]! >= least) {
      if (isInside(low, valences)) found.push({ index: low, to: 'up' })
      rising = true
      low = high = i
    }
  })
  return found
}

/** The first turn that is known begins the mood; it does not turn it. */
function isInside(index: number, valences: (number | null)[]): boolean {
  return valences.slice(0, index).some((value) => value !== null)
}
