// What the server tells of itself, and the lines that follow from asking it time and again.
export interface SystemPart {
  name: string
  ok: boolean
  detail: string
  remedy: string
  vital: boolean
}

export interface SystemNumber {
  name: string
  labels: Record<string, string>
  value: number
  count: number | null
}

export type SystemStatus = 'ready' | 'degraded' | 'not ready'

export interface System {
  status: SystemStatus
  parts: SystemPart[]
  version: string
  at: number
  numbers: SystemNumber[]
}

export interface Measure {
  key: string
  word: string
  unit: string
  meaning: string
  /** What it was between two answers, or at the later one; null where it cannot be told. */
  of: (before: System | null, now: System) => number | null
}

/** All values of a number, over all labels that are not asked for; null where there is none. */
export function total(
  system: System,
  name: string,
  labels: Record<string, string> = {},
): number | null {
  const found = system.numbers.filter(
    (one) =>
      one.name === name && Object.entries(labels).every(([key, is]) => one.labels[key] === is),
  )
  return found.length === 0 ? null : found.reduce((sum, one) => sum + one.value, 0)
}

const gauge =
  (name: string, labels = {}): Measure['of'] =>
  (_, now) =>
    total(now, name, labels)

const rate =
  (name: string, labels = {}): Measure['of'] =>
  (before, now) => {
    const value = total(now, name, labels)
    if (value === null || before === null || now.at <= before.at) return null
    const more = value - (total(before, name, labels) ?? 0)
    return more < 0 ? null : more / (now.at - before.at) // it was started anew in between
  }

/** The mean of what a histogram took in between, in milliseconds; the last known where nothing did. */
const meanMs =
  (name: string): Measure['of'] =>
  (before, now) => {
    const is = now.numbers.find((one) => one.name === name)
    if (!is?.count) return null
    const was = before?.numbers.find((one) => one.name === name)
    const count = is.count - (was?.count ?? 0)
    const sum = is.value - (was?.value ?? 0)
    return count > 0 && sum >= 0 ? (1000 * sum) / count : (1000 * is.value) / is.count
  }

export const MEASURES: Measure[] = [
  {
    key: 'events',
    word: 'Events',
    unit: '/s',
    meaning: 'taken in and on the disk',
    of: rate('events_total', { outcome: 'accepted' }),
  },
  {
    key: 'refused',
    word: 'Refused',
    unit: '/s',
    meaning: 'not taken, each with its reason under Ingest',
    of: rate('events_total', { outcome: 'refused' }),
  },
  {
    key: 'sync',
    word: 'Disk sync',
    unit: 'ms',
    meaning: 'what an acknowledgement waits for',
    of: meanMs('journal_sync_seconds'),
  },
  {
    key: 'tick',
    word: 'Tick',
    unit: 'ms',
    meaning: 'to score all rooms, every 5,000 ms',
    of: meanMs('tick_seconds'),
  },
  {
    key: 'lag',
    word: 'Since the last tick',
    unit: 's',
    meaning: 'up to 5 when all is well',
    of: gauge('engine_lag_seconds'),
  },
  {
    key: 'waiting',
    word: 'Waiting for a store',
    unit: '',
    meaning: 'outputs to be written',
    of: gauge('store_waiting_outputs'),
  },
  {
    key: 'points',
    word: 'Points',
    unit: '/s',
    meaning: 'written to the series store',
    of: rate('points_written_total'),
  },
  {
    key: 'sessions',
    word: 'Live sessions',
    unit: '',
    meaning: 'that a tick scores',
    of: gauge('sessions', { state: 'live' }),
  },
  {
    key: 'viewers',
    word: 'Viewers',
    unit: '',
    meaning: 'pages and scripts that watch',
    of: gauge('viewers'),
  },
]

/** How many answers a line holds: five minutes of one every two seconds. */
export const KEPT = 150

export interface Lines {
  last: System | null
  values: Record<string, (number | null)[]>
}

export const NO_LINES: Lines = { last: null, values: {} }

/** The lines with one more answer at their end. */
export function grown(lines: Lines, now: System): Lines {
  if (lines.last && now.at <= lines.last.at) return lines
  const values: Lines['values'] = {}
  for (const { key, of } of MEASURES) {
    values[key] = [...(lines.values[key] ?? []), of(lines.last, now)].slice(-KEPT)
  }
  return { last: now, values }
}
