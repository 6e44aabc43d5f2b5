// All that was measured of one turn, each measurement with who says so.
import type { Turn, Values } from '../lib/conversations'
import { clock, decimal, epoch, name, words } from '../lib/format'
import { isGuess } from '../lib/sources'
import { Origin } from '../panels/Origin'

// The badge tells the source, and the page is the session's.
const SAID = new Set(['source', 'session_id'])

interface Props {
  turn: Turn | null
  index: number
  close: (() => void) | null
}

export function TurnValues({ turn, index, close }: Props) {
  return (
    <section
      className="card min-w-0 p-4 max-xl:order-3 sm:p-5 xl:mt-4"
      aria-labelledby="turn-head"
      data-testid="turn-values"
    >
      <div className="flex items-center justify-between gap-3">
        <h2 id="turn-head" className="head">
          {turn ? `Turn ${index + 1}, ${clock(epoch(turn.at))}` : 'One turn'}
        </h2>
        {close && (
          <button type="button" className="btn" onClick={close}>
            Let go
          </button>
        )}
      </div>
      {turn ? (
        <div className="mt-2 gap-8 md:columns-2 2xl:columns-3">
          {Object.entries(turn.values).map(([measurement, values]) => (
            <Measured key={measurement} measurement={measurement} values={values} />
          ))}
          {Object.keys(turn.values).length === 0 && (
            <p className="label">Nothing was measured of it yet.</p>
          )}
        </div>
      ) : (
        <p className="label mt-1">
          Point at a turn, or choose one, to see all that is known of it.
        </p>
      )}
    </section>
  )
}

function Measured({ measurement, values }: { measurement: string; values: Values }) {
  const source = typeof values['source'] === 'string' ? values['source'] : undefined
  const told = Object.entries(values)
    .filter(([field, value]) => !SAID.has(field) && value !== undefined && value !== '')
    // What was felt is what one looks for.
    .toSorted(([a], [b]) => Number(b === 'emotion') - Number(a === 'emotion'))
  return (
    <section aria-label={words(measurement)} className="mb-4 break-inside-avoid">
      <h3 className="flex items-center justify-between gap-2 border-b border-line pb-1 text-sm font-semibold">
        {words(measurement)}
        <Origin source={source} />
      </h3>
      <dl className={`mt-1 text-[13px] ${isGuess(source) ? 'hatched rounded-md' : ''}`}>
        {told.map(([field, value]) => (
          <div key={field} className="flex justify-between gap-3 px-1 py-px">
            <dt className="text-soft">{words(field)}</dt>
            <dd className="min-w-0 text-right font-medium">
              {typeof value === 'number' ? decimal(value) : name(String(value), 60)}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
