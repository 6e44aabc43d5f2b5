// A bounded series of points as columns, outside React: what the charts draw from.
import type { Columns, Numbers } from '../frames'
import type { EngagementField } from '../wire'

// An hour of points every 5 s, and some slack so that trimming happens once a minute, not each tick.
export const CAPACITY = 720
const SLACK = 60

export class History {
  t: number[] = []
  columns: Columns = {}

  constructor(private readonly capacity: number = CAPACITY) {}

  get length(): number {
    return this.t.length
  }

  get last(): number | undefined {
    return this.t.at(-1)
  }

  /** Add one point; a point of a time that is already there replaces it, an older one is placed. */
  add(t: number, fields: Numbers): void {
    const at = this.place(t)
    for (const name of new Set([...keys(this.columns), ...keys(fields)])) {
      this.column(name)[at] = fields[name] ?? null
    }
    this.trim()
  }

  /** Merge columns, as a snapshot or a page of a series brings them. */
  merge(t: number[], columns: Columns): void {
    const names = keys(columns)
    const appending = t.length > 0 && (this.last === undefined || t[0]! > this.last)
    if (appending) {
      const before = this.t.length
      for (const name of names) this.column(name)
      this.t.push(...t)
      for (const name of keys(this.columns)) {
        const values = columns[name]
        const column = this.columns[name]!
        for (let i = 0; i < t.length; i++) column[before + i] = values?.[i] ?? null
      }
      this.trim()
      return
    }
    for (let i = 0; i < t.length; i++) {
      const fields: Numbers = {}
      for (const name of names) fields[name] = columns[name]?.[i] ?? null
      this.add(t[i]!, fields)
    }
  }

  values(name: EngagementField): (number | null)[] {
    return this.columns[name] ?? this.t.map(() => null)
  }

  /** The fields of the last point at or before `t`. */
  at(t: number): Numbers | null {
    let i = this.t.length - 1
    while (i >= 0 && this.t[i]! > t) i--
    if (i < 0) return null
    const fields: Numbers = {}
    for (const name of keys(this.columns)) fields[name] = this.columns[name]![i] ?? null
    return fields
  }

  /** Times and values of one column from `from` to `to`, for a chart. */
  window(name: EngagementField, from: number, to: number): [number[], (number | null)[]] {
    const values = this.values(name)
    const start = this.t.findIndex((t) => t >= from)
    if (start < 0) return [[], []]
    let end = this.t.length
    while (end > start && this.t[end - 1]! > to) end--
    return [this.t.slice(start, end), values.slice(start, end)]
  }

  private column(name: EngagementField): (number | null)[] {
    const known = this.columns[name]
    if (known) return known
    const fresh: (number | null)[] = Array.from({ length: this.t.length }, () => null)
    this.columns[name] = fresh
    return fresh
  }

  private place(t: number): number {
    let i = this.t.length
    while (i > 0 && this.t[i - 1]! > t) i--
    if (i > 0 && this.t[i - 1] === t) return i - 1
    this.t.splice(i, 0, t)
    for (const name of keys(this.columns)) this.columns[name]!.splice(i, 0, null)
    return i
  }

  private trim(): void {
    const over = this.t.length - this.capacity
    if (over <= SLACK) return
    this.t.splice(0, over)
    for (const name of keys(this.columns)) this.columns[name]!.splice(0, over)
  }
}

function keys(columns: Columns | Numbers): EngagementField[] {
  return Object.keys(columns) as EngagementField[]
}
