// Which row a page of a table begins with, as the address holds it; another filter begins anew.
import { useParam } from './hooks'

export function useOffset(): [number, (offset: number) => void] {
  const [offset, setOffset] = useParam('offset')
  return [
    Math.max(0, Number.parseInt(offset, 10) || 0),
    (next) => setOffset(next === 0 ? '' : String(next)),
  ]
}

/** One parameter that filters a table. */
export function useFilter(name: string, fallback = ''): [string, (value: string) => void] {
  const [value, set] = useParam(name, fallback)
  const [, go] = useOffset()
  return [
    value,
    (next) => {
      go(0)
      set(next)
    },
  ]
}
