// Making a dataset: format, what goes in, parts, cleaning and a name; then it is made.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useState, type FormEvent, type ReactNode } from 'react'
import { useLocation } from 'wouter'
import { many, name, words } from '../lib/format'
import { may, useMe } from '../lib/me'
import { LOOKS, MEANINGS, type Meaning } from '../lib/reactions'
import {
  commandOf,
  DATASETS,
  makeDataset,
  type Filters,
  type Order,
  type Overview,
  type Split,
} from '../lib/training'
import type { Wanted } from '../lib/wanted'
import { FormatCards } from '../panels/FormatCards'
import { SplitFields } from '../panels/SplitFields'
import { languageOf } from './DataFacets'
import { Filter } from './Filter'
import { useFormat, useFormats } from './RowPreview'
import { Snippet } from './Snippet'

interface Props {
  wanted: Wanted
  filters: Filters
  overview: Overview
}

const FILES: [string, string][] = [
  ['jsonl', 'JSON lines'],
  ['json', 'JSON'],
  ['csv', 'CSV'],
  ['parquet', 'Parquet'],
]

const SPLIT: Split = { train: 0.9, validation: 0.1, test: 0 }

export function ExportWizard({ wanted, filters, overview }: Props) {
  const { data: formats, error } = useFormats()
  const [format, choose] = useFormat(formats)
  const [title, setTitle] = useState('')
  const [split, setSplit] = useState(SPLIT)
  const [seed, setSeed] = useState('0')
  const [file, setFile] = useState('')
  const [license, setLicense] = useState('')
  const [limit, setLimit] = useState('')
  const [least, setLeast] = useState('')
  const [redact, setRedact] = useState(true)
  const [dedupe, setDedupe] = useState(true)
  const client = useQueryClient()
  const { data: me } = useMe()
  const [, navigate] = useLocation()
  const make = useMutation({
    mutationFn: makeDataset,
    networkMode: 'always',
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: DATASETS })
      navigate(`/data?tab=datasets&open=${encodeURIComponent(made.id)}`)
    },
  })
  // To look at everybody is one thing; what is made holds only those who agreed.
  const { trainable: _, ...chosen } = filters
  const suggested = `${format?.name ?? 'dataset'}-${today()}`
  const order: Order = {
    name: title.trim() || suggested,
    format: format?.name ?? '',
    filters: chosen,
    split,
    seed: Number.parseInt(seed, 10) || 0,
    redact,
    dedupe,
    ...(least ? { min_confidence: Math.min(1, Math.max(0, Number(least) / 100)) } : {}),
    ...(Number(limit) > 0 ? { limit: Math.floor(Number(limit)) } : {}),
    ...(file ? { file } : {}),
    ...(license.trim() ? { license: license.trim() } : {}),
  }
  const sum = split.train + split.validation + split.test
  const whole = Math.abs(sum - 1) < 1e-6
  const allowed = may(me, 'export')
  const nothing = overview.trainable.conversations === 0
  const send = (event: FormEvent) => {
    event.preventDefault()
    make.mutate(order)
  }
  return (
    <form
      className="mt-5 grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_24rem]"
      onSubmit={send}
      aria-label="Make a dataset"
      data-testid="wizard"
    >
      <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4">
        <Step number={1} title="Format">
          {error && <p className="text-critical">{error.message}</p>}
          {formats && <FormatCards formats={formats} chosen={format?.name ?? ''} choose={choose} />}
          <div className="mt-3">
            <Filter
              label="Kind of file"
              value={file}
              options={FILES.filter(([kind]) => kind !== format?.file)}
              onChange={setFile}
              all={format ? `${format.file}, the format’s own` : 'the format’s own'}
            />
          </div>
        </Step>
        <Step number={2} title="What goes in">
          <Recap filters={chosen} wanted={wanted} overview={overview} />
          <div className="mt-3 flex flex-wrap gap-3">
            <NumberField
              label="At most so many conversations"
              value={limit}
              onChange={setLimit}
              placeholder="all"
              min={1}
            />
            <NumberField
              label="Surest of reactions, from %"
              value={least}
              onChange={setLeast}
              placeholder="as set"
              min={0}
              max={100}
              title="How sure the judge must be of a meaning; a person's word always counts"
            />
          </div>
        </Step>
        <Step number={3} title="Parts">
          <SplitFields split={split} set={setSplit} />
          <div className="mt-3">
            <NumberField
              label="Seed"
              value={seed}
              onChange={setSeed}
              placeholder="0"
              min={0}
              title="The same seed puts the same people into the same part"
            />
          </div>
        </Step>
        <Step number={4} title="Cleaning">
          <Check
            checked={redact}
            set={setRedact}
            word="Replace personal data"
            says="E-mail addresses, phone and card numbers, IBANs, IP addresses, handles, keys and tokens become stand-ins; the same one everywhere."
          />
          {!redact && (
            <p
              className="tone-critical mt-2 rounded-lg px-3 py-2 text-sm"
              style={{ background: 'var(--wash)', color: 'var(--tone)' }}
            >
              Addresses and numbers that people wrote will stand in the files, and a model can learn
              them by heart.
            </p>
          )}
          <Check
            checked={dedupe}
            set={setDedupe}
            word="Leave out duplicates"
            says="Of rows that say the same, or almost, the first one stays."
          />
        </Step>
        <Step number={5} title="Name">
          <label className="grid gap-1">
            <span className="label">What you will find it by</span>
            <input
              className="field max-w-96"
              value={title}
              maxLength={200}
              placeholder={suggested}
              onChange={(event) => setTitle(event.target.value)}
            />
          </label>
          <label className="mt-3 grid gap-1">
            <span className="label">Licence that its card names</span>
            <input
              className="field max-w-60"
              value={license}
              maxLength={200}
              placeholder="other"
              onChange={(event) => setLicense(event.target.value)}
            />
          </label>
        </Step>
      </div>
      <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4 xl:sticky xl:top-18">
        <section className="card p-4" aria-labelledby="make">
          <h2 id="make" className="head">
            Make it
          </h2>
          <p className="mt-1 text-sm text-soft">
            {nothing
              ? 'Nothing that is chosen may be trained on: choose more, or ask people first.'
              : `From ${many(overview.trainable.conversations, 'conversation')} of ${many(overview.trainable.people, 'person', 'people')} who agreed. What is left out is told with the dataset.`}
          </p>
          {!allowed && <p className="mt-2 text-sm">Your key may not: it takes the scope export.</p>}
          {!whole && (
            <p role="status" className="mt-2 text-sm text-critical">
              The parts are {Math.round(sum * 100)} % together; make them 100 %.
            </p>
          )}
          {make.error && (
            <p role="alert" className="mt-2 text-sm text-critical">
              It was not made: {make.error.message}
            </p>
          )}
          <button
            type="submit"
            className="btn btn-main mt-3 disabled:opacity-60"
            disabled={!allowed || !format || !whole || nothing || make.isPending}
          >
            {make.isPending ? 'Asking…' : `Make “${name(order.name, 40)}”`}
          </button>
        </section>
        <Snippet title="From the command line" text={commandOf(order)} />
      </div>
    </form>
  )
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  const id = useId()
  return (
    <section className="card min-w-0 p-4" aria-labelledby={id}>
      <h2 id={id} className="head mb-2">
        <span className="text-soft">{number}. </span>
        {title}
      </h2>
      {children}
    </section>
  )
}

/** The choices of the other tab in words, and the way back to them. */
function Recap({ filters, wanted, overview }: Omit<Props, 'overview'> & { overview: Overview }) {
  const [, navigate] = useLocation()
  const told = Object.entries(filters).map(([key, value]) => wordsOf(key, value))
  const back = () => {
    const query = new URLSearchParams(window.location.search)
    query.delete('tab')
    navigate(`/data${query.size > 0 ? `?${query.toString()}` : ''}`)
  }
  return (
    <>
      <p data-testid="recap">
        {told.length === 0 ? 'Every conversation' : `Conversations ${told.join(', ')}`}
        {': '}
        <strong>
          {overview.trainable.conversations.toLocaleString('en')} of{' '}
          {many(overview.conversations, 'conversation')}
        </strong>{' '}
        may be trained on.
      </p>
      {wanted.consent[0] === 'all' && (
        <p className="label mt-1">Whoever did not agree is left out, whatever is looked at.</p>
      )}
      <button type="button" className="btn mt-2" onClick={back}>
        Choose others
      </button>
    </>
  )
}

function wordsOf(key: string, value: string): string {
  const day = () => new Date(value).toLocaleDateString(undefined, { dateStyle: 'medium' })
  switch (key) {
    case 'bot':
      return `with ${name(value, 40)}`
    case 'user':
      return `of ${name(value, 40)}`
    case 'language':
      return `in ${languageOf(value)}`
    case 'emotion':
      return `in which ${words(value, 40)} was felt`
    case 'meaning':
      return `with a reaction that means ${MEANINGS.includes(value as Meaning) ? LOOKS[value as Meaning].word.toLowerCase() : words(value, 40)}`
    case 'min_quality':
      return `of quality ${Math.round(Number(value) * 100)} or better`
    case 'start':
      return `ended since ${day()}`
    case 'end':
      return `ended before ${day()}`
    case 'voice':
      return value === 'true' ? 'with voice' : 'without voice'
    default:
      return value === 'true' ? 'exported before' : 'not exported before'
  }
}

interface NumberProps {
  label: string
  value: string
  onChange: (value: string) => void
  placeholder: string
  min: number
  max?: number
  title?: string
}

function NumberField({ label, value, onChange, ...rest }: NumberProps) {
  return (
    <label className="grid gap-1">
      <span className="label">{label}</span>
      <input
        type="number"
        className="field w-40"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        {...rest}
      />
    </label>
  )
}

interface CheckProps {
  checked: boolean
  set: (checked: boolean) => void
  word: string
  says: string
}

function Check({ checked, set, word, says }: CheckProps) {
  return (
    <label className="mt-2 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 first:mt-0">
      <input
        type="checkbox"
        className="mt-1 h-4 w-4 accent-[var(--accent)]"
        checked={checked}
        onChange={(event) => set(event.target.checked)}
      />
      <span className="font-medium">{word}</span>
      <span className="label col-start-2">{says}</span>
    </label>
  )
}

/** Today as 2026-11-26. */
function today(): string {
  const now = new Date()
  const two = (value: number) => String(value).padStart(2, '0')
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
}
