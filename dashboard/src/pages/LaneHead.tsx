// Above each lane: its title, what its lines are, their values at the turn pointed at, and who says so.
import type { ReactNode } from 'react'
import { Swatch } from '../charts/Swatch'
import type { Sources } from '../lib/conversations'
import { Origin, Origins } from '../panels/Origin'

export interface Told {
  word: string
  value: string
}

interface Props {
  title: string
  told: Told[]
  swatches?: boolean
  /** Of the turn pointed at; undefined where it has no row. */
  source: string | undefined
  /** Of all turns, shown while none is pointed at. */
  sources: Sources
  pointed: boolean
  children: ReactNode
}

export function LaneHead({ title, told, swatches, source, sources, pointed, children }: Props) {
  return (
    <section aria-label={title} className="border-t border-line pt-2 first:border-t-0 first:pt-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 pb-1">
        <h3 className="text-sm font-semibold">{title}</h3>
        <dl className="flex min-w-0 flex-wrap gap-x-3 gap-y-0.5 text-[13px] max-sm:order-last max-sm:basis-full sm:flex-1">
          {told.map(({ word, value }, i) => (
            <div key={i} className="flex items-center gap-1.5">
              {swatches && <Swatch place={i} />}
              <dt className="text-soft">{word}</dt>
              <dd className="font-medium">{value}</dd>
            </div>
          ))}
        </dl>
        <span className="ml-auto">
          {pointed ? <Origin source={source} /> : <Origins sources={sources} />}
        </span>
      </div>
      {/* A layer of its own: the values above it change without it being painted anew. */}
      <div className="will-change-transform [contain:content]">{children}</div>
    </section>
  )
}
