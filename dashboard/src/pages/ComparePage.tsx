// Compare: the same number of several bots, people or sessions on the same axes.
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { Swatch } from '../charts/Swatch'
import { Trajectories } from '../charts/Trajectories'
import { useBots } from '../lib/bots'
import { fetchComparison, type Compared, type Declared } from '../lib/conversations'
import { millis, name, percent, points, score100, words, decimal } from '../lib/format'
import { useParam, useParamList, useTitle } from '../lib/hooks'
import { plain } from '../lib/lanes'
import { fromStart, grainOf, lineOf, meansOver, rangeOf, type Grain } from '../lib/lines'
import { useRange } from '../lib/ranges'
import { guessed } from '../lib/sources'
import { Origins } from '../panels/Origin'
import { TrendWords } from '../panels/TrendWords'
import { BY, CompareControls, useBy, useCatalogue, useGrain, useNumber } from './CompareControls'
import { Picker } from './Picker'

const MOST = 8
// Before anybody chose, the most frequent bots are compared.
const FIRST = 4

export function ComparePage() {
  useTitle('Compare')
  const [by] = useBy()
  const [listed, setChosen] = useParamList('of')
  const chosen = [...new Set(listed)].slice(0, MOST)
  const [measurement, field] = useNumber()
  const [align] = useParam('align')
  const grain = useGrain()
  const [, , start] = useRange()
  const declared = useCatalogue()?.find((one) => one.name === measurement)?.fields[field]
  const { data: bots } = useBots()
  const names = chosen.length === 0 && by === 'bot' ? (bots ?? []).slice(0, FIRST) : chosen
  const enough = names.length >= 2
  const { data, error, isFetching } = useQuery({
    queryKey: ['compare', by, measurement, field, names, start],
    queryFn: () => fetchComparison({ by, of: names, measurement, field, start }),
    // While one more is fetched the others stay; of another number nothing is kept.
    placeholderData: (old, before) =>
      before && [by, measurement, field].every((one, i) => before.queryKey[i + 1] === one)
        ? old
        : undefined,
    enabled: enough,
    refetchInterval: 30_000,
  })
  return (
    <div className="pt-4" data-testid="compare">
      <h1 className="text-2xl font-semibold tracking-tight">Compare</h1>
      <CompareControls />
      <Picker by={by} names={names} most={MOST} choose={setChosen} />
      {error && (
        <p role="status" className="mt-4 text-critical">
          {error.message}
        </p>
      )}
      {!enough && (
        <p className="card mt-4 p-5 text-soft" role="status">
          Choose two to eight {BY[by]}; they appear on the same axes.
        </p>
      )}
      {enough && !data && isFetching && <p className="label mt-4">Fetching…</p>}
      {enough && data && (
        <Found
          series={data.series}
          declared={declared}
          title={`${words(field)} of ${BY[by]}`}
          since={align === 'start'}
          grain={grain}
        />
      )}
    </div>
  )
}

type DeclaredField = Declared['fields'][string]

/** How a field's values are written, and how their changes. */
function writing(field: DeclaredField | undefined) {
  const [low, high] = field?.range ?? [null, null]
  if (low === 0 && high === 1) {
    return { show: score100, change: (value: number) => points(value, true) }
  }
  const show = field?.unit === 'ms' ? millis : plain
  const change = (value: number) => (value > 0 ? '+' : '') + decimal(value)
  return { show, change }
}

interface FoundProps {
  series: Compared[]
  declared: DeclaredField | undefined
  title: string
  since: boolean
  /** Undefined: as fits what there is. */
  grain: Grain | undefined
}

function Found({ series, declared, title, since, grain }: FoundProps) {
  const lines = useMemo(() => {
    const told = series.map((one) => lineOf(name(one.name, 40), one.points))
    const fits = grain ?? grainOf(told)
    const all = told.map((line) => meansOver(line, fits))
    return since ? all.map(fromStart) : all
  }, [series, since, grain])
  const range = useMemo(() => rangeOf(lines, declared?.range ?? [null, null]), [lines, declared])
  const { show, change } = useMemo(() => writing(declared), [declared])
  return (
    <>
      <section className="card mt-4 p-4 sm:p-5" aria-labelledby="compared">
        <h2 id="compared" className="head mb-2 first-letter:uppercase">
          {title}
          {declared && <span className="label font-normal"> · {declared.meaning}</span>}
        </h2>
        <Trajectories
          title={title}
          lines={lines}
          range={range}
          show={show}
          since={since}
          height={320}
        />
      </section>
      <div
        className="card mt-4 overflow-x-auto"
        tabIndex={0}
        role="group"
        aria-label="Means, trends and sources"
      >
        <table className="w-full min-w-[38rem] text-left">
          <thead className="border-b border-line text-[13px] text-soft">
            <tr>
              <th className="px-4 py-2 font-medium">Name</th>
              <th className="px-2 py-2 text-right font-medium">Mean</th>
              <th className="px-2 py-2 text-right font-medium">Points</th>
              <th className="px-4 py-2 font-medium">Trend</th>
              <th className="px-2 py-2 text-right font-medium">Guesses</th>
              <th className="px-4 py-2 font-medium">Sources</th>
            </tr>
          </thead>
          <tbody>
            {series.map((one, i) => (
              <tr key={one.name} className="border-t border-line first:border-t-0">
                <td className="px-4 py-2 font-medium">
                  <span className="flex items-center gap-2">
                    <Swatch place={i} />
                    {name(one.name, 40)}
                  </span>
                </td>
                <td className="px-2 py-2 text-right font-semibold">{show(one.mean)}</td>
                <td className="px-2 py-2 text-right">{one.count}</td>
                <td className="px-4 py-2 text-sm">
                  <TrendWords trend={one.trend} show={change} />
                </td>
                <td className="px-2 py-2 text-right">{percent(guessed(one.sources))}</td>
                <td className="px-4 py-2">
                  <Origins sources={one.sources} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}
