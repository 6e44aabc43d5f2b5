// A row of a dataset as people read it: messages as a talk, everything else by its name.
import type { ReactNode } from 'react'
import { name, words } from '../lib/format'
import { Exact } from './Exact'

const MOST = 40
const DEEPEST = 6

/** The row's values; null where the line is no JSON object. */
export function parsed(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function PrettyRow({ row }: { row: Record<string, unknown> }) {
  return <Fields of={row} depth={0} />
}

function Fields({ of, depth }: { of: Record<string, unknown>; depth: number }) {
  const entries = Object.entries(of)
  return (
    <dl className="grid grid-cols-[minmax(0,1fr)] gap-2">
      {entries.slice(0, MOST).map(([key, value]) => (
        <div key={key} className={`min-w-0 ${isShort(value) ? 'flex flex-wrap gap-x-2' : ''}`}>
          <dt className="label">{words(key, 60)}</dt>
          <dd className="min-w-0">
            <Value value={value} depth={depth + 1} />
          </dd>
        </div>
      ))}
      {entries.length > MOST && <More many={entries.length - MOST} />}
    </dl>
  )
}

const isShort = (value: unknown) =>
  typeof value !== 'object' || value === null
    ? String(value).length < 60
    : Object.keys(value).length === 0

function Value({ value, depth }: { value: unknown; depth: number }): ReactNode {
  if (typeof value === 'string') {
    return value === '' ? (
      <span className="label">empty</span>
    ) : (
      <span className="whitespace-pre-wrap">
        <Exact text={value} folded={600} />
      </span>
    )
  }
  if (typeof value === 'boolean') {
    return (
      <span className="font-medium">
        <span aria-hidden="true">{value ? '✓' : '✕'} </span>
        {String(value)}
      </span>
    )
  }
  if (typeof value !== 'object' || value === null) {
    return <span className={value === null ? 'label' : 'font-medium'}>{String(value)}</span>
  }
  if (depth > DEEPEST) return <Exact text={JSON.stringify(value)} folded={200} />
  if (Array.isArray(value)) return <Items of={value} depth={depth} />
  const said = saidIn(value)
  return (
    <div className="border-l-2 border-line pl-3">
      {said ? <Said {...said} depth={depth} /> : <Fields of={value as Row} depth={depth} />}
    </div>
  )
}

type Row = Record<string, unknown>

function Items({ of, depth }: { of: unknown[]; depth: number }) {
  if (of.length === 0) return <span className="label">none</span>
  if (of.every((one) => typeof one === 'number' || typeof one === 'string')) {
    const shown = of.slice(0, MOST).join(', ')
    return (
      <span>
        <Exact text={shown} folded={600} />
        {of.length > MOST && <More many={of.length - MOST} />}
      </span>
    )
  }
  return (
    <ol className="mt-1 grid grid-cols-[minmax(0,1fr)] gap-2">
      {of.slice(0, MOST).map((one, i) => (
        <li key={i} className="min-w-0">
          <Value value={one} depth={depth + 1} />
        </li>
      ))}
      {of.length > MOST && (
        <li>
          <More many={of.length - MOST} />
        </li>
      )}
    </ol>
  )
}

interface SaidProps {
  who: string
  text: string
  rest: Row
}

/** A message in either of the shapes that trainers read; null where it is none. */
function saidIn(value: object): SaidProps | null {
  const { role, content, from, value: text, ...rest } = value as Row
  if (typeof role === 'string' && typeof content === 'string') {
    const more = {
      ...(from === undefined ? {} : { from }),
      ...(text === undefined ? {} : { text }),
    }
    return { who: role, text: content, rest: { ...more, ...rest } }
  }
  return typeof from === 'string' && typeof text === 'string' ? { who: from, text, rest } : null
}

function Said({ who, text, rest, depth }: SaidProps & { depth: number }) {
  return (
    <>
      <span className="label font-medium">{name(who, 40)}</span>
      <p className="whitespace-pre-wrap">
        <Exact text={text} folded={600} />
      </p>
      {Object.keys(rest).length > 0 && <Fields of={rest} depth={depth} />}
    </>
  )
}

const More = ({ many }: { many: number }) => <span className="label"> and {many} more</span>
