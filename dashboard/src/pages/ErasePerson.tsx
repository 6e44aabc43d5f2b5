// Erasing a person: what will go, their name to be typed, and no way back.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { many, name, words } from '../lib/format'
import { may, useMe } from '../lib/me'
import { erase, wouldErase, type Receipt } from '../lib/rights'

const ERASING = 'erasing'

interface Props {
  user: string
  done: (receipt: Receipt) => void
}

export function ErasePerson({ user, done }: Props) {
  const [open, setOpen] = useState(false)
  const { data: me } = useMe()
  return (
    <section className="card tone-critical min-w-0 p-4" aria-labelledby="erase">
      <h2 id="erase" className="head">
        Erase
      </h2>
      <p className="label">
        Everything of them goes, from every store and from the journal, and nothing that comes later
        brings it back.
      </p>
      {!may(me, 'admin') && (
        <p className="mt-1 text-sm">Your key may not: it takes the scope admin.</p>
      )}
      {open ? (
        <Confirm user={user} done={done} leave={() => setOpen(false)} />
      ) : (
        <button
          type="button"
          className="btn mt-2 text-critical"
          disabled={!may(me, 'admin')}
          onClick={() => setOpen(true)}
        >
          Erase {name(user, 40)}…
        </button>
      )}
    </section>
  )
}

function Confirm({ user, done, leave }: Props & { leave: () => void }) {
  const client = useQueryClient()
  const [typed, setTyped] = useState('')
  const go = useMutation({
    mutationFn: () => erase(user),
    networkMode: 'always',
    onSuccess: (receipt) => {
      // Before anything is asked anew: nobody of that name is known any more.
      done(receipt)
      client.removeQueries({ queryKey: ['person', user] })
      void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== ERASING })
    },
  })
  const send = (event: FormEvent) => {
    event.preventDefault()
    go.mutate()
  }
  return (
    <form
      className="mt-3 rounded-xl p-3"
      style={{ background: 'var(--wash)' }}
      onSubmit={send}
      aria-label={`Erase ${name(user, 60)}`}
      data-testid="erase-form"
    >
      <p className="text-sm">
        <strong>This cannot be undone.</strong> What goes:
      </p>
      <WillGo user={user} />
      <label className="mt-3 grid gap-1">
        <span className="text-sm">
          Type <strong className="select-all">{name(user, 120)}</strong> to erase them
        </span>
        <input
          // oxlint-disable-next-line no-autofocus
          autoFocus
          className="field"
          value={typed}
          onKeyDown={(event) => event.key === 'Escape' && !go.isPending && leave()}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
      {go.error && (
        <p role="alert" className="mt-2 text-sm text-critical">
          {go.error.message}
        </p>
      )}
      <div className="mt-2 flex flex-wrap gap-2">
        <button
          type="submit"
          className="btn text-critical disabled:opacity-60"
          disabled={go.isPending || !isName(typed, user)}
        >
          {go.isPending ? 'Erasing…' : 'Erase for good'}
        </button>
        <button type="button" className="btn" disabled={go.isPending} onClick={leave}>
          Keep everything
        </button>
      </div>
    </form>
  )
}

/** As it is, or as it is shown: nobody can type a mark that cannot be seen. */
function isName(typed: string, user: string): boolean {
  return typed !== '' && (typed === user || typed === name(user, 120) || typed === user.trim())
}

function WillGo({ user }: { user: string }) {
  const { data, error } = useQuery({
    queryKey: [ERASING, user],
    queryFn: () => wouldErase(user),
    retry: false,
    staleTime: 0,
  })
  if (error) return <p className="text-sm text-critical">{error.message}</p>
  if (!data) return <p className="label">Counting…</p>
  const held = data.datasets.length
  return (
    <ul className="mt-1 grid list-disc gap-0.5 pl-5 text-sm" data-testid="will-go">
      {data.stores.map(({ store, removed, detail }) => (
        <li key={store}>
          <span className="font-medium">
            {words(store, 60)} {removed.toLocaleString('en')}
          </span>
          {detail && `: ${name(detail, 300)}`}
        </li>
      ))}
      <li>
        {held > 0
          ? `their rows in ${many(held, 'dataset')}, of which no file is left here: to be made anew`
          : 'no dataset holds them'}
      </li>
    </ul>
  )
}
