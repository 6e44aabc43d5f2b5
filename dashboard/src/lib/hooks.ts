// Small hooks: a value that settles, a clock that ticks, and state that lives in the URL.
import { useCallback, useEffect, useState } from 'react'
import { useLocation, useSearch } from 'wouter'

/** The value after it has stood still for a while. */
export function useDebounced<T>(value: T, afterMs: number): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), afterMs)
    return () => clearTimeout(timer)
  }, [value, afterMs])
  return settled
}

/** Milliseconds since the epoch, renewed every `everyMs`. */
export function useNow(everyMs = 1000): number {
  return useClock(Date.now, everyMs)
}

/** Milliseconds since the page began, on a clock that nobody sets, renewed every `everyMs`. */
export function useUptime(everyMs = 1000): number {
  return useClock(uptime, everyMs)
}

const uptime = () => performance.now()

function useClock(read: () => number, everyMs: number): number {
  const [now, setNow] = useState(read)
  useEffect(() => {
    const timer = setInterval(() => setNow(read()), everyMs)
    return () => clearInterval(timer)
  }, [read, everyMs])
  return now
}

/** One parameter of the query string; the default value is left out of the URL. */
export function useParam(name: string, fallback = ''): [string, (value: string) => void] {
  const search = useSearch()
  const [, navigate] = useLocation()
  const value = new URLSearchParams(search).get(name) ?? fallback
  const set = useCallback(
    (next: string) => {
      const query = new URLSearchParams(window.location.search)
      if (next === fallback) query.delete(name)
      else query.set(name, next)
      const text = query.toString()
      navigate(window.location.pathname + (text ? `?${text}` : ''), { replace: true })
    },
    [name, fallback, navigate],
  )
  return [value, set]
}

/** All values of one parameter that may stand in the query string several times. */
export function useParamList(name: string): [string[], (values: string[]) => void] {
  const search = useSearch()
  const [, navigate] = useLocation()
  const set = useCallback(
    (values: string[]) => {
      const query = new URLSearchParams(window.location.search)
      query.delete(name)
      for (const value of values) query.append(name, value)
      const text = query.toString()
      navigate(window.location.pathname + (text ? `?${text}` : ''), { replace: true })
    },
    [name, navigate],
  )
  return [new URLSearchParams(search).getAll(name), set]
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Roomtone`
  }, [title])
}
