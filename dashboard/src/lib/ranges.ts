// The last days that a page of trends looks at; the address holds which.
import { useState } from 'react'
import { useParam } from './hooks'

export const RANGES: [string, string][] = [
  ['7', '7 days'],
  ['30', '30 days'],
  ['90', '90 days'],
]

/** The chosen days, how to choose, and the instant they begin at; undefined for all time. */
export function useRange(): [string, (days: string) => void, string | undefined] {
  const [days, setDays] = useParam('days')
  // What is now stays so while the page stands, or it would be asked anew with every second.
  const [now] = useState(Date.now)
  const known = RANGES.some(([value]) => value === days)
  const start = known ? new Date(now - Number(days) * 86_400_000).toISOString() : undefined
  return [known ? days : '', setDays, start]
}
