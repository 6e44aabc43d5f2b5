// The exact rows that a format will have, before anything is made: to be read, or as they are.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { many, name } from '../lib/format'
import { useParam } from '../lib/hooks'
import {
  fetchFormats,
  fetchPreview,
  sentenceOf,
  TRAINING,
  type Filters,
  type Format,
  type PreviewRow,
} from '../lib/training'
import { Choice } from '../panels/Choice'
import { CopyButton } from '../panels/CopyButton'
import { Exact } from '../panels/Exact'
import { parsed, PrettyRow } from '../panels/PrettyRow'

const VIEWS = [
  ['', 'To read'],
  ['raw', 'As it is written'],
] as const

const FIRST = 'kto'

export function useFormats() {
  return useQuery({
    queryKey: [...TRAINING, 'formats'],
    queryFn: async () => (await fetchFormats()).formats,
    staleTime: Infinity,
  })
}

/** Which format is looked at or made, as the address holds it. */
export function useFormat(
  formats: Format[] | undefined,
): [Format | undefined, (to: string) => void] {
  const [wanted, choose] = useParam('format')
  const found =
    formats?.find(({ name: one }) => one === wanted) ??
    formats?.find(({ name: one }) => one === FIRST) ??
    formats?.[0]
  return [found, choose]
}

export function RowPreview({ filters }: { filters: Filters }) {
  const { data: formats, error: unknown } = useFormats()
  const [format, choose] = useFormat(formats)
  const [view, setView] = useParam('view')
  const { data: last, error } = useQuery({
    queryKey: [...TRAINING, 'preview', format?.name, filters],
    queryFn: () => fetchPreview(format!.name, filters),
    enabled: format !== undefined,
    placeholderData: keepPreviousData,
  })
  // Rows of another choice may stand until the answer comes, those of another format may not.
  const data = last?.format === format?.name ? last : undefined
  const problem = unknown ?? error
  return (
    <section className="card min-w-0 p-4" aria-labelledby="preview" data-testid="preview">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div>
          <h2 id="preview" className="head">
            The rows that will be written
          </h2>
          <p className="label">The first three, letter by letter.</p>
        </div>
        <div className="flex flex-wrap items-end gap-3">
          {formats && (
            <label className="grid min-w-0 gap-1">
              <span className="label">Format</span>
              <select
                className="field max-w-64"
                value={format?.name ?? ''}
                onChange={(event) => choose(event.target.value)}
              >
                {formats.map((one) => (
                  <option key={one.name} value={one.name}>
                    {one.title}
                  </option>
                ))}
              </select>
            </label>
          )}
          <Choice label="View" value={view} options={VIEWS} onChange={setView} />
        </div>
      </div>
      {format && <FormatWords format={format} />}
      {problem && (
        <p role="status" className="mt-3 text-critical">
          {problem.message}
        </p>
      )}
      {!data && !problem && (
        <p role="status" className="label mt-3">
          Asking…
        </p>
      )}
      {data && !error && (
        <>
          {data.note && <p className="mt-2 text-sm">{name(data.note, 600)}</p>}
          {data.rows.length === 0 && (
            <p role="status" className="mt-3 text-soft">
              No row: what is chosen has nothing of what {format?.title ?? 'this format'} is made
              of.
            </p>
          )}
          <ol className="mt-3 grid grid-cols-[minmax(0,1fr)] gap-3">
            {data.rows.map((row, i) => (
              <li key={i}>
                <Row row={row} number={i + 1} raw={view === 'raw'} />
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  )
}

export function FormatWords({ format }: { format: Format }) {
  return (
    <p className="mt-2 text-sm" data-testid="format">
      {sentenceOf(format)}
      {format.trainable_by && <span className="text-soft"> Read by {format.trainable_by}.</span>}
    </p>
  )
}

interface RowProps {
  row: PreviewRow
  number: number
  raw: boolean
}

function Row({ row, number, raw }: RowProps) {
  const fields = useMemo(() => parsed(row.line), [row.line])
  return (
    <article className="rounded-xl bg-sunken p-3" aria-label={`Row ${number}`} data-testid="row">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
        <p className="label">
          Row {number}
          {`, of conversation ${row.conversation}`}
          {row.redactions > 0 && (
            <span className="text-warning">
              , in which {many(row.redactions, 'piece')} of personal data{' '}
              {row.redactions === 1 ? 'is' : 'are'} replaced
            </span>
          )}
        </p>
        <CopyButton text={row.line} label={`Row ${number}`} />
      </div>
      {raw || fields === null ? (
        <pre className="font-mono text-[13px] break-all whitespace-pre-wrap" data-testid="line">
          <Exact text={row.line} folded={2_000} />
        </pre>
      ) : (
        <PrettyRow row={fields} />
      )}
    </article>
  )
}
