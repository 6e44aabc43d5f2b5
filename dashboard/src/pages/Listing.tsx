// The frame of a page that lists: its title, what went wrong, that it asks, or how to begin.
import type { ReactNode } from 'react'
import { FirstTurn } from './FirstTurn'

interface Props {
  id: string
  title: string
  about?: string
  error: Error | null
  pending: boolean
  /** Nothing is recorded at all: the page says how to begin. */
  none: boolean
  children: ReactNode
}

export function Listing({ id, title, about, error, pending, none, children }: Props) {
  return (
    <div className="pt-4" data-testid={id}>
      <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
      {about && <p className="mt-1 text-soft">{about}</p>}
      {error && (
        <p role="status" className="mt-4 text-critical">
          {error.message}
        </p>
      )}
      {pending && (
        <p role="status" className="label mt-4">
          Asking…
        </p>
      )}
      {none ? (
        <div className="mt-4">
          <FirstTurn />
        </div>
      ) : (
        children
      )}
    </div>
  )
}
