// Which conversations are wanted of training data, as the address holds it.
import { useDebounced } from './hooks'
import { useFilter } from './offset'
import type { Filters } from './training'

export function useWanted() {
  return {
    bot: useFilter('bot'),
    user: useFilter('user'),
    language: useFilter('language'),
    emotion: useFilter('emotion'),
    meaning: useFilter('meaning'),
    least: useFilter('min'),
    start: useFilter('from'),
    end: useFilter('to'),
    voice: useFilter('voice'),
    exported: useFilter('exported'),
    consent: useFilter('consent'),
  }
}

export type Wanted = ReturnType<typeof useWanted>

/** The lowest quality that is wanted, 0 to 100; what is no number asks for nothing. */
export function leastOf(wanted: Wanted): number {
  const value = Number.parseFloat(wanted.least[0])
  return Number.isFinite(value) ? Math.min(100, Math.max(0, value)) : 0
}

export function filtersOf(wanted: Wanted): Filters {
  const least = leastOf(wanted)
  const found: Filters = {
    bot: wanted.bot[0],
    user: wanted.user[0].trim(),
    language: wanted.language[0],
    emotion: wanted.emotion[0],
    meaning: wanted.meaning[0],
    min_quality: least > 0 ? String(least / 100) : '',
    start: instant(wanted.start[0]),
    end: instant(wanted.end[0], true),
    voice: yesOrNo(wanted.voice[0]),
    exported: yesOrNo(wanted.exported[0]),
    trainable: wanted.consent[0] === 'all' ? 'false' : '',
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value)) as Filters
}

/** What is wanted once it has stood still for a moment, so that not each letter is asked for. */
export function useSettled(wanted: Wanted): Filters {
  return JSON.parse(useDebounced(JSON.stringify(filtersOf(wanted)), 200)) as Filters
}

const yesOrNo = (text: string) => (text === 'true' || text === 'false' ? text : '')

/** A day in the reader's time zone as the instant it begins, or ends before. */
function instant(day: string, after = false): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return ''
  const date = new Date(`${day}T00:00`)
  if (Number.isNaN(date.getTime())) return ''
  if (after) date.setDate(date.getDate() + 1)
  return date.toISOString()
}
