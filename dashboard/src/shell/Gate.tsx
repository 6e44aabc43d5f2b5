// The pages, or where the server asks who looks, the page that asks for a key.
import { useEffect, useState, useSyncExternalStore, type ReactNode } from 'react'
import { useMe } from '../lib/me'
import { isRefused, watchRefused } from '../lib/session'
import { SignIn } from '../pages/SignIn'
import { resetLiveConnection } from '../stream/connection'

/** A server that takes longer shows its pages all the same; each says what it waits for. */
const PATIENCE_MS = 1_500

export function Gate({ children }: { children: ReactNode }) {
  const refused = useSyncExternalStore(watchRefused, isRefused)
  const { isPending } = useMe()
  const [waited, setWaited] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setWaited(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [])
  useEffect(() => {
    // The live line would be refused as well, again and again.
    if (refused) resetLiveConnection()
  }, [refused])
  if (refused) return <SignIn />
  // Nothing is asked for before it is known whether it would be refused.
  return isPending && !waited ? null : children
}
