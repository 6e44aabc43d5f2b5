// The keys of this project: listed, made (and told once), and revoked.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState, type FormEvent } from 'react'
import { flushSync } from 'react-dom'
import { epoch, name, when } from '../lib/format'
import {
  fetchKeys,
  KEYS,
  makeKey,
  may,
  revokeKey,
  SCOPES,
  useMe,
  type Key,
  type Scope,
} from '../lib/me'
import { CopyButton } from '../panels/CopyButton'

/** Only for who may give them out; where all is open, the first key is made on the server. */
export function Keys() {
  const { data: me } = useMe()
  if (!me || !may(me, 'admin')) return null
  return (
    <section className="mt-8" aria-labelledby="keys" data-testid="keys">
      <h2 id="keys" className="head">
        Keys
      </h2>
      {me.via === 'open' ? (
        <p className="label">
          None is asked for here: whoever reaches this server may do everything. The first key is
          made on its machine, with <code className="font-mono">roomtone keys create</code>.
        </p>
      ) : (
        <Listed project={me.project} />
      )}
    </section>
  )
}

function Listed({ project }: { project: string }) {
  const { data, error } = useQuery({
    queryKey: KEYS,
    queryFn: async () => (await fetchKeys()).keys,
  })
  const [made, setMade] = useState<Key | null>(null)
  const [making, setMaking] = useState(false)
  return (
    <>
      {error && (
        <p role="status" className="mt-1 text-critical">
          {error.message}
        </p>
      )}
      {made?.key && <Once made={made} done={() => setMade(null)} />}
      <ul className="card mt-2 grid grid-cols-[minmax(0,1fr)] px-4" aria-label="Keys">
        {data?.map((one) => (
          <Row key={one.id} one={one} />
        ))}
        {data?.length === 0 && <li className="label py-3">No key yet.</li>}
      </ul>
      {making ? (
        <Make
          project={project}
          done={(key) => {
            setMade(key)
            setMaking(false)
          }}
          leave={() => setMaking(false)}
        />
      ) : (
        <button type="button" className="btn mt-3" onClick={() => setMaking(true)}>
          Make a key
        </button>
      )}
    </>
  )
}

function Once({ made, done }: { made: Key; done: () => void }) {
  return (
    <div
      role="status"
      className="tone-info mt-2 rounded-xl p-3"
      style={{ background: 'var(--wash)' }}
      data-testid="new-key"
    >
      <p className="text-sm">
        <strong>Copy it now:</strong> it is told this once, and only its sum is kept.
      </p>
      <div className="mt-2 flex flex-wrap items-center gap-2">
        <code className="min-w-0 rounded-lg bg-card px-3 py-2 font-mono text-[13px] break-all">
          {made.key}
        </code>
        <CopyButton text={made.key ?? ''} label="The key" />
        <button type="button" className="btn" onClick={done}>
          I have it
        </button>
      </div>
    </div>
  )
}

function Row({ one }: { one: Key }) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  // From the keyboard the question is stood on at once, and its button again when it is taken back.
  const ask = useRef<HTMLButtonElement>(null)
  const keep = useRef<HTMLButtonElement>(null)
  const revoke = useMutation({
    mutationFn: () => revokeKey(one.id),
    networkMode: 'always',
    onSuccess: () => client.invalidateQueries({ queryKey: KEYS }),
  })
  const title = name(one.name || one.prefix || one.id, 60)
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-t border-line py-2.5 first:border-t-0">
      <span className="min-w-0">
        <span className="font-medium">{title}</span>
        <span className="label block">
          {one.scopes.map((scope) => name(scope, 20)).join(', ')}
          {one.made && `, made ${when(epoch(one.made))}`}
          {one.used ? `, used ${when(epoch(one.used))}` : one.used === null && ', never used'}
        </span>
      </span>
      {one.revoked ? (
        <span className="label">revoked {when(epoch(one.revoked))}</span>
      ) : asked ? (
        <span
          className="flex flex-wrap items-center gap-2"
          role="group"
          aria-label={`Revoke ${title}?`}
        >
          <span className="text-sm">Whoever uses it is refused at once.</span>
          <button
            type="button"
            className="btn text-critical"
            disabled={revoke.isPending}
            onClick={() => revoke.mutate()}
          >
            Revoke it
          </button>
          <button
            ref={keep}
            type="button"
            className="btn"
            onClick={() => {
              flushSync(() => setAsked(false))
              ask.current?.focus()
            }}
          >
            Keep it
          </button>
        </span>
      ) : (
        <button
          ref={ask}
          type="button"
          className="btn text-critical"
          aria-label={`Revoke ${title}`}
          onClick={() => {
            flushSync(() => setAsked(true))
            keep.current?.focus()
          }}
        >
          Revoke…
        </button>
      )}
      {revoke.error && (
        <p role="alert" className="w-full text-sm text-critical">
          {revoke.error.message}
        </p>
      )}
    </li>
  )
}

interface MakeProps {
  project: string
  done: (key: Key) => void
  leave: () => void
}

function Make({ project, done, leave }: MakeProps) {
  const client = useQueryClient()
  const [title, setTitle] = useState('')
  const [scopes, setScopes] = useState<string[]>(['read'])
  const make = useMutation({
    mutationFn: () => makeKey({ name: title.trim(), scopes, project }),
    networkMode: 'always',
    onSuccess: (key) => {
      done(key)
      return client.invalidateQueries({ queryKey: KEYS })
    },
  })
  const send = (event: FormEvent) => {
    event.preventDefault()
    make.mutate()
  }
  const toggle = (scope: string) =>
    setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope])
  return (
    <form className="card mt-3 grid gap-3 p-4" onSubmit={send} aria-label="Make a key">
      <label className="grid gap-1">
        <span className="label">What it is for</span>
        <input
          // oxlint-disable-next-line no-autofocus
          autoFocus
          className="field max-w-80"
          value={title}
          maxLength={100}
          onChange={(event) => setTitle(event.target.value)}
        />
      </label>
      <fieldset className="grid gap-1">
        <legend className="label">Whoever has it may</legend>
        {(Object.keys(SCOPES) as Scope[]).map((scope) => (
          <label key={scope} className="flex items-baseline gap-2">
            <input
              type="checkbox"
              className="h-4 w-4 translate-y-0.5 accent-[var(--accent)]"
              checked={scopes.includes(scope)}
              onChange={() => toggle(scope)}
            />
            <span>
              {SCOPES[scope]} <span className="label">({scope})</span>
            </span>
          </label>
        ))}
      </fieldset>
      {make.error && (
        <p role="alert" className="text-sm text-critical">
          {make.error.message}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <button
          type="submit"
          className="btn btn-main disabled:opacity-60"
          disabled={scopes.length === 0 || make.isPending}
        >
          Make it
        </button>
        <button type="button" className="btn" onClick={leave}>
          Leave it
        </button>
      </div>
    </form>
  )
}
