// What was left out for which reason: a bar and words each, the most frequent first.
import { many, name, words } from '../lib/format'
import type { Excluded } from '../lib/training'

interface Props {
  excluded: Excluded[]
  /** What is said where nothing was. */
  none: string
}

export function ExcludedBars({ excluded, none }: Props) {
  const found = excluded
    .map((one) => ({ ...one, size: sizeOf(one) }))
    .filter((one) => one.size > 0)
    .toSorted((a, b) => b.size - a.size)
  if (found.length === 0) return <p className="label mt-2">{none}</p>
  const most = found[0]!.size
  return (
    <ul className="mt-3 grid grid-cols-[minmax(0,1fr)] gap-2.5" data-testid="excluded">
      {found.map((one) => (
        <li key={one.reason}>
          <p className="flex flex-wrap items-baseline justify-between gap-x-3 text-sm">
            <span className="min-w-0">{name(one.words || words(one.reason), 300)}</span>
            <span className="label">{amounts(one)}</span>
          </p>
          <span className="bar mt-1 block" aria-hidden="true">
            <i
              style={{ width: `${(100 * one.size) / most}%`, background: 'var(--level-moderate)' }}
            />
          </span>
        </li>
      ))}
    </ul>
  )
}

const sizeOf = (one: Excluded) => one.messages || one.conversations || one.people || 0

function amounts({ conversations, messages, people }: Excluded): string {
  const parts = [
    conversations ? many(conversations, 'conversation') : '',
    messages ? many(messages, 'message') : '',
    people ? many(people, 'person', 'people') : '',
  ]
  return parts.filter(Boolean).join(', ')
}
