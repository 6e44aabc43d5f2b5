// How wide an element is, renewed when it changes: drawings in pixels follow their card.
import { useLayoutEffect, useRef, useState, type RefObject } from 'react'

export function useWidth<T extends HTMLElement>(): [RefObject<T | null>, number] {
  const element = useRef<T>(null)
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const host = element.current
    if (!host) return
    setWidth(host.clientWidth)
    const watch = new ResizeObserver(() => setWidth(host.clientWidth))
    watch.observe(host)
    return () => watch.disconnect()
  }, [])
  return [element, width]
}
