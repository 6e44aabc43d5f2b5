// A uPlot and its life: made anew with its options, as wide as its host, its cursor put from outside.
import { useEffect, useImperativeHandle, useRef, type Ref, type RefObject } from 'react'
import uPlot from 'uplot'
import { useThemeVersion } from '../lib/theme'

export interface PlotHandle {
  /** Put the cursor on a point; null takes it away. */
  point: (index: number | null) => void
}

type Make = (element: HTMLElement, width: number) => uPlot

/** The element that holds the plot, and the plot. `make` changes only when the plot must. */
export function usePlot(
  make: Make,
  ref: Ref<PlotHandle> | undefined,
): [RefObject<HTMLDivElement | null>, RefObject<uPlot | null>] {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const theme = useThemeVersion()

  useImperativeHandle(ref, () => ({
    point: (index) => {
      const u = plot.current
      if (!u) return
      const at = index === null ? undefined : u.data[0][index]
      if (at === undefined) u.setCursor({ left: -10, top: -10 })
      else u.setCursor({ left: u.valToPos(at, 'x'), top: 1 })
    },
  }))

  useEffect(() => {
    const element = host.current
    if (!element) return
    const u = make(element, Math.max(element.clientWidth, 120))
    plot.current = u
    const resize = new ResizeObserver(() => {
      const wide = element.clientWidth
      if (wide > 0 && wide !== u.width) u.setSize({ width: wide, height: u.height })
    })
    resize.observe(element)
    return () => {
      resize.disconnect()
      u.destroy()
      plot.current = null
    }
    // A change of theme makes the chart anew: uPlot reads its colours once.
  }, [make, theme])

  return [host, plot]
}

/** What every plot is without: a legend, a zoom, points under the cursor. */
export const BARE = {
  legend: { show: false },
  cursor: { y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
  select: { show: false, left: 0, top: 0, width: 0, height: 0 },
} satisfies Partial<uPlot.Options>

export type OnCursor = (index: number | null, left: number) => void

/** Where the cursor stands; null where it is off the plot. */
export function report({ cursor: { idx, left } }: uPlot, onCursor: OnCursor): void {
  const out = idx === null || idx === undefined || (left ?? -1) < 0
  onCursor(out ? null : idx, left ?? 0)
}
