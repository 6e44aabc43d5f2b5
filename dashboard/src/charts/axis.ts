// Where each turn stands on the shared axis of a conversation's lanes: one by one, or by time.

export type Spacing = 'turn' | 'time'

export interface Axis {
  width: number
  /** The middle of each turn in pixels, never falling. */
  x: number[]
  /** How wide the mark of a turn is. */
  bar: number
}

const EDGE = 8

/** `times` are epoch seconds, oldest first. */
export function axisOf(times: number[], width: number, spacing: Spacing): Axis {
  const slot = width / Math.max(1, times.length)
  const from = times[0] ?? 0
  const span = (times.at(-1) ?? 0) - from
  if (spacing === 'turn' || !(span > 0)) {
    return { width, x: times.map((_, i) => (i + 0.5) * slot), bar: between(1, slot * 0.78, 26) }
  }
  const inner = width - 2 * EDGE
  return {
    width,
    x: times.map((at) => EDGE + ((at - from) / span) * inner),
    bar: between(2, slot * 0.5, 10),
  }
}

/** The turn nearest to a place; null where there is none. */
export function nearest({ x }: Axis, place: number): number | null {
  if (x.length === 0) return null
  let low = 0
  let high = x.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (x[middle]! < place) low = middle + 1
    else high = middle
  }
  return low > 0 && place - x[low - 1]! < x[low]! - place ? low - 1 : low
}

function between(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
