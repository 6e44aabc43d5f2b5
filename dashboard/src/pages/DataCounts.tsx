// How much there is to learn from, of how much there is at all, and why the rest is left out.
import { count, many, name, percent } from '../lib/format'
import { balance, type Excluded, type Overview } from '../lib/training'
import { ExcludedBars } from '../panels/ExcludedBars'

const AMOUNTS = [
  ['conversations', 'Conversations'],
  ['messages', 'Messages'],
  ['people', 'People'],
  ['tokens', 'Tokens, about'],
] as const

export function DataCounts({ overview }: { overview: Overview }) {
  return (
    <ul className="grid grid-cols-2 gap-3 lg:grid-cols-4" aria-label="What may be trained on">
      {AMOUNTS.map(([key, word]) => {
        const [may, all] = [overview.trainable[key], overview[key]]
        return (
          <li key={key} className="card min-w-0 p-4" data-testid={`amount-${key}`}>
            <p className="label">{word}</p>
            <p
              className="text-3xl leading-tight font-semibold tracking-tight"
              title={may.toLocaleString('en')}
            >
              {count(may)}
            </p>
            <p className="label" title={all.toLocaleString('en')}>
              of {count(all)} there are
            </p>
            <span className="bar mt-2 block" aria-hidden="true">
              <i style={{ width: `${all > 0 ? (100 * may) / all : 0}%` }} />
            </span>
          </li>
        )
      })}
    </ul>
  )
}

/** One of a thousand is seen, too; none is not. */
const part = (share: number) => (share > 0 ? Math.max(share, 0.005) : 0)

export function LeftOut({ excluded }: { excluded: Excluded[] }) {
  return (
    <section className="card min-w-0 p-4" aria-labelledby="left-out">
      <h2 id="left-out" className="head">
        Left out, and why
      </h2>
      <ExcludedBars excluded={excluded} none="Nothing of what is chosen is left out." />
    </section>
  )
}

export function Ratings({ ratings }: { ratings: Overview['ratings'] }) {
  const { share, ratio, warning } = balance(ratings)
  return (
    <section className="card min-w-0 p-4" aria-labelledby="ratings">
      <h2 id="ratings" className="head">
        Ratings: liked and disliked
      </h2>
      {share === null ? (
        <p className="label mt-2">
          No reaction that means a rating yet. Agreement, feelings and small talk are no ratings:
          KTO has no rows of them.
        </p>
      ) : (
        <>
          <p className="mt-1" data-testid="balance">
            <span className="text-2xl leading-tight font-semibold">{ratio}</span>{' '}
            <span className="label">
              {many(ratings.desirable, 'desirable', 'desirable')} to{' '}
              {many(ratings.undesirable, 'undesirable', 'undesirable')}
            </span>
          </p>
          <div
            className="mt-2 flex h-3 gap-0.5 overflow-hidden rounded-md"
            role="img"
            aria-label={`${percent(share)} of the ratings are desirable`}
          >
            <i className="block rounded-sm bg-accent" style={{ flex: `${part(share)} 1 0%` }} />
            <i
              className="hatched block rounded-sm bg-sunken outline-1 -outline-offset-1 outline-[var(--line-strong)]"
              style={{ flex: `${part(1 - share)} 1 0%` }}
            />
          </div>
          <p className="label mt-1 flex justify-between gap-2">
            <span>desirable</span>
            <span>undesirable</span>
          </p>
        </>
      )}
      {warning && (
        <p
          role="status"
          className="tone-warning mt-2 rounded-lg px-3 py-2 text-sm"
          style={{ background: 'var(--wash)', color: 'var(--tone)' }}
        >
          <span aria-hidden="true">! </span>
          {name(warning, 400)}
        </p>
      )}
    </section>
  )
}
