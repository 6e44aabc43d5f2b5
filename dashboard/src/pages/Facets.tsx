// Choices with counts beside a table: of each kind one may be chosen.
import type { ReactNode } from 'react'
import { count } from '../lib/format'

interface Props {
  title: string
  counts: Record<string, number>
  chosen: string
  choose: (value: string) => void
  face: (value: string) => ReactNode
}

const SHOWN = 12

export function Facet({ title, counts, chosen, choose, face }: Props) {
  const found = Object.entries(counts).sort(([, a], [, b]) => b - a)
  const shown = found.filter(([value], i) => i < SHOWN || value === chosen)
  if (shown.length === 0) return null
  return (
    <section aria-label={title} className="min-w-0">
      <h2 className="label mb-1">{title}</h2>
      <ul className="grid grid-cols-[minmax(0,1fr)] gap-0.5">
        {shown.map(([value, many]) => (
          <li key={value}>
            <button
              type="button"
              aria-pressed={chosen === value}
              onClick={() => choose(chosen === value ? '' : value)}
              className={`flex w-full items-center justify-between gap-2 rounded-lg px-2 py-1 text-left text-sm hover:bg-sunken ${
                chosen === value ? 'bg-sunken font-semibold' : ''
              }`}
            >
              <span className="min-w-0 truncate">{face(value)}</span>
              <span className="label shrink-0">{count(many)}</span>
            </button>
          </li>
        ))}
      </ul>
      {found.length > shown.length && (
        <p className="label mt-1 px-2">and {found.length - shown.length} more: search for them</p>
      )}
    </section>
  )
}
