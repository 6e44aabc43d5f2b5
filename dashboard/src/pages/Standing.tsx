// How a person and a bot stand: now, over time with trend and changes, and as a path.
import { useQueries } from '@tanstack/react-query'
import { useMemo } from 'react'
import { Link } from 'wouter'
import { PathPlot, type Step } from '../charts/PathPlot'
import { Swatch } from '../charts/Swatch'
import { Trajectories } from '../charts/Trajectories'
import { fetchTrend, type Change, type Trajectory } from '../lib/conversations'
import { epoch, percent, points, score100, when } from '../lib/format'
import { lineOf } from '../lib/lines'
import { conversationLink } from '../lib/links'
import { RANGES, useRange } from '../lib/ranges'
import { guessed, isGuess } from '../lib/sources'
import { Origin } from '../panels/Origin'
import { TrendWords } from '../panels/TrendWords'
import type { Relationship } from '../wire'
import { Filter } from './Filter'

const FIELDS = [
  { field: 'trust_level', word: 'Trust', key: 'trust' },
  { field: 'affection_level', word: 'Affection', key: 'affection' },
  { field: 'attunement_level', word: 'Attunement', key: 'attunement' },
] as const

const RANGE: [number, number] = [0, 1]

export function Standing({ pair }: { pair: Relationship }) {
  const [days, setDays, start] = useRange()
  const { bot, user } = pair
  const queries = useQueries({
    queries: FIELDS.map(({ field }) => ({
      queryKey: ['trend', 'relationship_progression', field, bot, user, start],
      queryFn: () =>
        fetchTrend({ measurement: 'relationship_progression', field, bot, user, start }),
      refetchInterval: 30_000,
    })),
    // Kept as it is while nothing changes: the chart is made anew with new lines.
    combine: (results) => ({
      found: results.map((one) => one.data),
      error: results.find((one) => one.error)?.error ?? null,
      pending: results.some((one) => one.isPending),
    }),
  })
  const { found, error, pending } = queries
  const lines = useMemo(
    () => FIELDS.map(({ word }, i) => lineOf(word, found[i]?.points ?? [], found[i]?.changes)),
    [found],
  )
  const steps = useMemo(() => path(found[0], found[1]), [found])
  return (
    <>
      <section aria-label="Now" className="mt-4 grid gap-3 sm:grid-cols-3 sm:gap-4">
        {FIELDS.map(({ word, key }, i) => (
          <Now
            key={key}
            word={word}
            place={i}
            value={pair[key]}
            source={pair.source}
            trajectory={found[i]}
          />
        ))}
      </section>
      <div className="mt-4 grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_21rem]">
        <section className="card min-w-0 p-4 sm:p-5" aria-labelledby="over-time">
          <div className="mb-2 flex flex-wrap items-end justify-between gap-3">
            <h2 id="over-time" className="head">
              Over time
            </h2>
            <Filter label="The last" value={days} onChange={setDays} options={RANGES} />
          </div>
          {error && (
            <p role="status" className="text-critical">
              {error.message}
            </p>
          )}
          {pending ? (
            <p className="label py-6">Fetching…</p>
          ) : (
            found.every((one) => one !== undefined) && (
              <Trajectories
                title="Trust, affection and attunement over time"
                lines={lines}
                range={RANGE}
                show={score100}
              />
            )
          )}
          <Changes found={found} />
        </section>
        <section className="card min-w-0 p-4 sm:p-5" aria-labelledby="path">
          <h2 id="path" className="head">
            Trust and affection
          </h2>
          <p className="label mb-2">The older the paler; the full dot is the latest</p>
          {steps.length > 0 ? (
            <PathPlot steps={steps} />
          ) : (
            <p className="label py-6">{pending ? 'Fetching…' : 'No points in this time.'}</p>
          )}
        </section>
      </div>
    </>
  )
}

/** Trust and affection where both are known at the same time. */
function path(trust: Trajectory | undefined, affection: Trajectory | undefined): Step[] {
  const liked = new Map(affection?.points.map((point) => [point.at, point.value]))
  return (trust?.points ?? []).flatMap(({ at, value, source }) => {
    const other = liked.get(at)
    return other === undefined ? [] : [{ trust: value, affection: other, source }]
  })
}

interface NowProps {
  word: string
  place: number
  value: number
  source: string
  trajectory: Trajectory | undefined
}

const change = (value: number) => points(value, true)

function Now({ word, place, value, source, trajectory }: NowProps) {
  const guesses = trajectory ? guessed(trajectory.sources) : null
  return (
    <article className="card min-w-0 p-4">
      <div className="flex items-center justify-between gap-2">
        <h2 className="label flex items-center gap-2">
          <Swatch place={place} />
          {word}
        </h2>
        <Origin source={source} />
      </div>
      <p className="mt-1">
        <span
          className={`rounded-md text-3xl leading-tight font-semibold tracking-tight ${isGuess(source) ? 'hatched px-1' : ''}`}
        >
          {score100(value)}
        </span>{' '}
        <span className="label">of 100</span>
      </p>
      {trajectory && (
        <>
          <p className="mt-1 text-sm">
            <TrendWords trend={trajectory.trend} show={change} />
          </p>
          <p className="label">
            {guesses === null
              ? 'no source is told'
              : guesses === 0
                ? 'no guesses among its points'
                : `${percent(guesses)} of its points are guesses`}
          </p>
        </>
      )}
    </article>
  )
}

function Changes({ found }: { found: (Trajectory | undefined)[] }) {
  const changes = found
    .flatMap((one, i) => (one?.changes ?? []).map((each) => ({ ...each, word: FIELDS[i]!.word })))
    .toSorted((a, b) => epoch(b.at) - epoch(a.at))
  if (changes.length === 0) return null
  return (
    <section aria-labelledby="changes" className="mt-3 border-t border-line pt-3">
      <h3 id="changes" className="text-sm font-semibold">
        Where a level changed
      </h3>
      <ul className="mt-1 grid gap-1 text-sm">
        {changes.map((one) => (
          <li key={`${one.word}${one.at}`} className="flex flex-wrap gap-x-2">
            <span className="label">{when(epoch(one.at))}</span>
            <span>
              {one.word} from <span className="font-medium">{score100(one.before)}</span> to{' '}
              <span className="font-medium">{score100(one.after)}</span>
            </span>
            <span className="label">chance {one.p < 0.001 ? '< .001' : one.p.toFixed(3)}</span>
            <Turns change={one} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Turns({ change: { session, turns } }: { change: Change }) {
  const turn = turns.at(-1)
  if (!session || !turn) return null
  return (
    <Link
      href={conversationLink(session, { from: 'all', turn })}
      className="text-accent underline underline-offset-4"
    >
      the turn
    </Link>
  )
}
