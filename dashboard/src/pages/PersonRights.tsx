// What a person agreed to, all that is kept of them to take along, and how it goes for good.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useId, useState, type FormEvent } from 'react'
import { Link } from 'wouter'
import { ApiError } from '../lib/api'
import { epoch, many, name, when } from '../lib/format'
import {
  exportLink,
  fetchConsents,
  PURPOSES,
  setConsent,
  type Consents,
  type Purpose,
  type Receipt,
  type Word,
} from '../lib/rights'
import { statusOf } from '../lib/training'
import { EraseReceipt } from '../panels/EraseReceipt'
import { useDatasets } from './Datasets'
import { ErasePerson } from './ErasePerson'

export function PersonRights({ user }: { user: string }) {
  const [receipt, setReceipt] = useState<Receipt | null>(null)
  if (receipt) return <EraseReceipt receipt={receipt} user={user} />
  return (
    <div
      className="mt-4 grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_26rem]"
      data-testid="rights"
    >
      <Consent user={user} />
      <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4">
        <Held user={user} />
        <TakeAlong user={user} />
        <ErasePerson user={user} done={setReceipt} />
      </div>
    </div>
  )
}

const CONSENTS = ['consents']

function Consent({ user }: { user: string }) {
  const { data, error, isPending } = useQuery({
    queryKey: [...CONSENTS, user],
    queryFn: () => fetchConsents(user),
    retry: (failures, problem) =>
      failures < 1 && !(problem instanceof ApiError && problem.status < 500),
  })
  return (
    <section className="card min-w-0 p-4 sm:p-5" aria-labelledby="consent">
      <h2 id="consent" className="head">
        Consent
      </h2>
      <p className="label">
        What they agreed to, each by itself. What is taken back holds from that moment on.
      </p>
      {error && (
        <p role="status" className="mt-2 text-critical">
          {error.message}
        </p>
      )}
      {isPending && (
        <p role="status" className="label mt-2">
          Asking…
        </p>
      )}
      {data && (
        <ul className="mt-3 grid grid-cols-[minmax(0,1fr)] gap-3">
          {(Object.keys(PURPOSES) as Purpose[]).map((purpose) => (
            <li key={purpose} className="border-t border-line pt-3 first:border-t-0 first:pt-0">
              <OnePurpose user={user} purpose={purpose} word={data.purposes[purpose]} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

interface PurposeProps {
  user: string
  purpose: Purpose
  word: Word | undefined
}

function OnePurpose({ user, purpose, word }: PurposeProps) {
  const client = useQueryClient()
  const [asking, setAsking] = useState(false)
  const { word: title, says, default: otherwise } = PURPOSES[purpose]
  const id = useId()
  const say = useMutation({
    mutationFn: (next: { granted: boolean; basis: string }) =>
      setConsent(user, purpose, next.granted, next.basis),
    networkMode: 'always',
    // What is shown is what the server holds: a consent that was not taken down is none.
    onSuccess: async (told) => {
      setAsking(false)
      if (told?.purposes) client.setQueryData<Consents>([...CONSENTS, user], told)
      else await client.invalidateQueries({ queryKey: CONSENTS })
    },
  })
  const granted = word?.granted ?? purpose !== 'training'
  const press = () =>
    granted ? say.mutate({ granted: false, basis: 'consent' }) : setAsking(!asking)
  return (
    <div data-testid={`purpose-${purpose}`} data-granted={granted}>
      <div className="flex items-start justify-between gap-4">
        <div className="min-w-0">
          <h3 id={id} className="font-medium">
            {title}
          </h3>
          <p className="label">{says}</p>
        </div>
        <button
          type="button"
          role="switch"
          aria-checked={granted}
          aria-labelledby={id}
          className="switch"
          disabled={say.isPending}
          onClick={press}
        >
          <i aria-hidden="true" />
          <span aria-hidden="true">{say.isPending ? '…' : granted ? 'yes' : 'no'}</span>
        </button>
      </div>
      <p className="mt-1 text-sm" data-testid="who-said">
        <WhoSaid word={word} otherwise={otherwise} />
      </p>
      {say.error && (
        <p role="alert" className="mt-1 text-sm text-critical">
          That was not taken down: {say.error.message}
        </p>
      )}
      {asking && (
        <Grant
          user={user}
          purpose={purpose}
          busy={say.isPending}
          yes={(basis) => say.mutate({ granted: true, basis })}
          no={() => setAsking(false)}
        />
      )}
    </div>
  )
}

function WhoSaid({ word, otherwise }: { word: Word | undefined; otherwise: string }) {
  if (!word?.asked) {
    return (
      <>
        <span className="origin hatched" data-guess="true">
          not asked
        </span>{' '}
        <span className="text-soft">{otherwise}</span>
      </>
    )
  }
  return (
    <>
      {word.granted ? 'Agreed' : 'Said no'}
      {word.at && (
        <>
          {', '}
          <time dateTime={word.at}>{when(epoch(word.at))}</time>
        </>
      )}
      {word.by && `, taken down by ${name(word.by, 60)}`}
      {word.granted && word.basis && `, on the basis of ${name(word.basis, 120)}`}.
    </>
  )
}

interface GrantProps {
  user: string
  purpose: Purpose
  busy: boolean
  yes: (basis: string) => void
  no: () => void
}

const BASES = ['consent', 'contract', 'legitimate interest']

function Grant({ user, purpose, busy, yes, no }: GrantProps) {
  const [basis, setBasis] = useState(BASES[0]!)
  const send = (event: FormEvent) => {
    event.preventDefault()
    yes(basis.trim())
  }
  return (
    <form
      className="tone-info mt-3 rounded-xl p-3"
      style={{ background: 'var(--wash)' }}
      onSubmit={send}
      aria-label={`${PURPOSES[purpose].word}: they agreed`}
    >
      <p className="text-sm">
        <strong>Did {name(user, 40)} say yes?</strong> Note it only if they, or the law, did.
      </p>
      <label className="mt-2 grid gap-1">
        <span className="text-sm">On what basis</span>
        <input
          // oxlint-disable-next-line no-autofocus
          autoFocus
          className="field max-w-80"
          list="bases"
          onKeyDown={(event) => event.key === 'Escape' && no()}
          value={basis}
          maxLength={200}
          required
          onChange={(event) => setBasis(event.target.value)}
        />
      </label>
      <datalist id="bases">
        {BASES.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </datalist>
      <div className="mt-2 flex flex-wrap gap-2">
        <button
          type="submit"
          className="btn btn-main disabled:opacity-60"
          disabled={busy || basis.trim() === ''}
        >
          They agreed
        </button>
        <button type="button" className="btn" disabled={busy} onClick={no}>
          Leave it
        </button>
      </div>
    </form>
  )
}

function Held({ user }: { user: string }) {
  const { data, error } = useDatasets(user)
  return (
    <section className="card min-w-0 p-4" aria-labelledby="held">
      <h2 id="held" className="head">
        Datasets that hold them
      </h2>
      {error && <p className="mt-1 text-critical">{error.message}</p>}
      {data?.total === 0 && <p className="label mt-1">None.</p>}
      <ul className="mt-1 grid grid-cols-[minmax(0,1fr)] gap-1.5">
        {data?.datasets.map((one) => (
          <li key={one.id} className="flex items-baseline justify-between gap-3 text-sm">
            <Link
              href={`/data?tab=datasets&open=${encodeURIComponent(one.id)}`}
              className="min-w-0 truncate text-accent underline underline-offset-4"
            >
              {name(one.name || one.id, 60)}
            </Link>
            <span className="label shrink-0">
              {statusOf(one.status).word}, {when(epoch(one.made))}
            </span>
          </li>
        ))}
      </ul>
      {data && data.total > data.datasets.length && (
        <p className="label mt-1">
          The newest of {many(data.total, 'dataset')}; all of them are told with the receipt.
        </p>
      )}
    </section>
  )
}

function TakeAlong({ user }: { user: string }) {
  return (
    <section className="card min-w-0 p-4" aria-labelledby="take">
      <h2 id="take" className="head">
        Export
      </h2>
      <p className="label">
        All that is kept of them, as one JSON file: what they said and were told, what was measured,
        remembered and agreed to.
      </p>
      <a className="btn mt-2" href={exportLink(user)} download={fileName(user)}>
        Download
      </a>
    </section>
  )
}

/** A name that no file system stumbles over. */
function fileName(user: string): string {
  return `${user.replaceAll(/[^\p{L}\p{N}._-]+/gu, '_').slice(0, 60) || 'person'}.json`
}
