// Several lines on one axis: their times united, and what each says at one of them.
import type { Change, TrendPoint } from './conversations'
import { epoch } from './format'
import { isGuess, stretches } from './sources'

export interface Line {
  name: string
  /** Epoch seconds, or days since its first point; rising. */
  t: number[]
  values: number[]
  sources: (string | null)[]
  /** Where its level changes, on the same axis. */
  changes: number[]
}

export function lineOf(name: string, points: TrendPoint[], changes: Change[] = []): Line {
  return {
    name,
    t: points.map((point) => epoch(point.at)),
    values: points.map((point) => point.value),
    sources: points.map((point) => point.source),
    changes: changes.map((change) => epoch(change.at)),
  }
}

const DAY_S = 86_400

/** The same line by days since its first point. */
export function fromStart(line: Line): Line {
  const first = line.t[0] ?? 0
  const since = (at: number) => (at - first) / DAY_S
  return { ...line, t: line.t.map(since), changes: line.changes.map(since) }
}

/** How long a point's stretch is, in seconds; 0 keeps each point as it is. */
export type Grain = 0 | 3600 | 86_400

/** As fine as can be read: turn by turn within half a day, by the hour within ten days. */
export function grainOf(lines: Line[]): Grain {
  const ends = lines.flatMap((line) => [line.t[0], line.t.at(-1)]).filter((t) => t !== undefined)
  const span = ends.length > 0 ? Math.max(...ends) - Math.min(...ends) : 0
  return span <= DAY_S / 2 ? 0 : span <= 10 * DAY_S ? 3600 : 86_400
}

/** Means over each hour or day of this place; a mean's source is that of most of its points. */
export function meansOver(line: Line, grain: Grain): Line {
  if (grain === 0) return line
  const places: number[][] = []
  let last = Number.NaN
  line.t.forEach((at, i) => {
    const stretch = Math.floor((at - new Date(at * 1000).getTimezoneOffset() * 60) / grain)
    if (stretch === last) places.at(-1)!.push(i)
    else places.push([i])
    last = stretch
  })
  const mean = (of: number[], column: number[]) =>
    of.reduce((sum, i) => sum + column[i]!, 0) / of.length
  return {
    ...line,
    t: places.map((of) => mean(of, line.t)),
    values: places.map((of) => mean(of, line.values)),
    sources: places.map((of) => mostly(of.map((i) => line.sources[i] ?? null))),
  }
}

/** Where most are guesses it is the most frequent guess, however many kinds of evidence there are. */
function mostly(sources: (string | null)[]): string | null {
  const [guesses, evidence] = [true, false].map((guess) =>
    sources.filter((source) => isGuess(source ?? undefined) === guess),
  ) as [typeof sources, typeof sources]
  return commonest(guesses.length > evidence.length ? guesses : evidence)
}

function commonest(sources: (string | null)[]): string | null {
  const counts = new Map<string | null, number>()
  for (const source of sources) counts.set(source, (counts.get(source) ?? 0) + 1)
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? null
}

/** All times of all lines, rising, and each line's values at them; null where it has none. */
export function united(lines: Line[]): [number[], (number | null)[][]] {
  const t = [...new Set(lines.flatMap((line) => line.t))].toSorted((a, b) => a - b)
  const place = new Map(t.map((at, i) => [at, i]))
  const rows = lines.map((line) => {
    const row: (number | null)[] = t.map(() => null)
    line.t.forEach((at, i) => {
      row[place.get(at)!] = line.values[i] ?? null
    })
    return row
  })
  return [t, rows]
}

export interface Said {
  value: number
  source: string | null
}

/** What a line said last at or before a time; null before its first point. */
export function saidAt(line: Line, at: number): Said | null {
  let low = 0
  let high = line.t.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (line.t[middle]! <= at) low = middle + 1
    else high = middle
  }
  const value = line.values[low - 1]
  return value === undefined ? null : { value, source: line.sources[low - 1] ?? null }
}

/** The stretches of a line that rest on guesses, as first and last index. */
export function guessRuns(line: Line): [number, number][] {
  return stretches(line.sources.map((source) => isGuess(source ?? undefined)))
}

/** The range of an axis that holds all values, from a declared one where there is one. */
export function rangeOf(
  lines: Line[],
  [low, high]: [number | null, number | null],
): [number, number] {
  const values = lines.flatMap((line) => line.values)
  // Ten thousand points of each line are more than a call may have arguments.
  const least = low ?? values.reduce((a, b) => Math.min(a, b), 0)
  const most = high ?? values.reduce((a, b) => Math.max(a, b), least + 1e-9) * 1.08
  return most > least ? [least, most] : [least, least + 1]
}
