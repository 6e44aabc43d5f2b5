// The cursor of a chart: which point it stands on, and where a key moves it.
import { useCallback, useState } from 'react'

export interface Cursor {
  index: number
  /** In pixels, within the plot. */
  left: number
}

/** The cursor, and how to put it; the same place again changes nothing. */
export function useCursor(): [Cursor | null, (index: number | null, left?: number) => void] {
  const [cursor, setCursor] = useState<Cursor | null>(null)
  const put = useCallback((index: number | null, left?: number) => {
    setCursor((now) => {
      if (index === null) return null
      const next = { index, left: left ?? now?.left ?? 0 }
      return now?.index === index && now.left === next.left ? now : next
    })
  }, [])
  return [cursor, put]
}

/** Where a key moves the cursor, of so many points; null takes it away, undefined does nothing. */
export function moved(
  key: string,
  at: number | null,
  count: number,
  page = 10,
): number | null | undefined {
  const last = count - 1
  if (last < 0) return undefined
  if (key === 'Home') return 0
  if (key === 'End') return last
  if (key === 'Escape') return null
  const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -page, PageDown: page }[key]
  if (step === undefined) return undefined
  return Math.min(last, Math.max(0, (at ?? (step < 0 ? count : -1)) + step))
}
