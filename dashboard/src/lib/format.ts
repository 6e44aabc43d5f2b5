// Numbers, times and names as people read them.

export const DASH = '–'

/** A score between 0 and 1 as 0 to 100. */
export function score100(score: number | null | undefined): string {
  return score === null || score === undefined ? DASH : String(Math.round(score * 100))
}

export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return DASH
  if (Math.abs(value) >= 999_500) return `${Number((value / 1_000_000).toPrecision(3))}M`
  if (Math.abs(value) >= 10_000) return `${(value / 1000).toFixed(value >= 100_000 ? 0 : 1)}k`
  return String(Math.round(value * 10) / 10)
}

/** 0 bytes, 840 bytes, 1.2 kB, 3.4 MB: in steps of a thousand. */
export function size(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${bytes} bytes`
  const steps = ['kB', 'MB', 'GB', 'TB']
  let value = bytes / 1000
  while (value >= 999.5 && steps.length > 1) {
    value /= 1000
    steps.shift()
  }
  return `${Number(value.toPrecision(3))} ${steps[0]}`
}

/** 1 row, 2 rows: how many of something, in whole. */
export function many(value: number, one: string, more = `${one}s`): string {
  return `${value.toLocaleString('en')} ${value === 1 ? one : more}`
}

export function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? DASH : `${Math.round(share * 100)} %`
}

/** Points of a hundred with one decimal, and always a sign where it is a change. */
export function points(value: number, signed = false): string {
  const rounded = Math.round(value * 1000) / 10
  const text = Math.abs(rounded).toFixed(1)
  if (rounded < 0) return `−${text}`
  return signed && rounded > 0 ? `+${text}` : text
}

/** At most two decimals, and none that say nothing. */
export function decimal(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return String(Number(value.toFixed(digits))).replace('-', '−')
}

export function epoch(iso: string): number {
  return Date.parse(iso) / 1000
}

/** 14:03:25 in the reader's time zone. */
export function clock(seconds: number): string {
  const date = new Date(seconds * 1000)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

export function day(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString(undefined, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  })
}

/** 7:05 or 1:02:09. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const h = Math.floor(whole / 3600)
  const m = Math.floor((whole % 3600) / 60)
  const s = String(whole % 60).padStart(2, '0')
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${s}` : `${m}:${s}`
}

/** just now, 40 s ago, 5 min ago, 2 h ago, 3 days ago. */
export function ago(seconds: number): string {
  return seconds < 8 ? 'just now' : `${roughly(seconds)} ago`
}

/** 40 s, 5 min, 2 h, 3 days. */
export function roughly(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

/** Names come from strangers: shown whole up to a length, control and direction marks made visible. */
export function name(text: string, longest = 80): string {
  // Marks that reverse or hide what follows would let one name pretend to be another.
  // oxlint-disable-next-line no-control-regex
  const plain = text.replaceAll(/[\u0000-\u001F\u007F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, '·')
  return plain.length > longest ? `${[...plain].slice(0, longest - 1).join('')}…` : plain
}

/** What programs call something, as words; from strangers too. */
export function words(text: string, longest = 60): string {
  return name(text, longest).replaceAll('_', ' ')
}

/** A measure by its name in an alert: the unit it is told in, and how its numbers are written. */
export function measure(subject: string): { unit: string; show: (value: number) => string } {
  switch (subject) {
    case 'score':
      return { unit: 'of 100', show: (value) => String(Math.round(value * 100)) }
    case 'activity_per_min':
    case 'chat_per_min':
    case 'reactions_per_min':
      return { unit: 'a minute', show: count }
    case 'people':
      return { unit: 'people', show: count }
    case 'leave_rate':
      return { unit: 'left', show: percent }
    case 'heartbeat_age_s':
      return { unit: 's since a heartbeat', show: count }
    default:
      return { unit: words(subject), show: decimal }
  }
}

/** 14:03 today, 21 Nov 14:03 this year, else with the year. */
export function when(seconds: number, now = Date.now() / 1000): string {
  const [date, today] = [new Date(seconds * 1000), new Date(now * 1000)]
  const time = clock(seconds).slice(0, 5)
  if (date.toDateString() === today.toDateString()) return time
  const year = date.getFullYear() === today.getFullYear() ? undefined : 'numeric'
  return `${date.toLocaleDateString(undefined, { day: 'numeric', month: 'short', year })} ${time}`
}

/** 0 ms, 840 ms, 1.2 s, 3 min. */
export function millis(value: number | null | undefined): string {
  if (value === null || value === undefined) return DASH
  if (value < 1000) return `${decimal(value)} ms`
  return value < 90_000 ? `${decimal(value / 1000)} s` : `${decimal(value / 60_000)} min`
}
