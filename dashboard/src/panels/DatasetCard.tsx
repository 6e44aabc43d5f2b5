// One dataset: how it stands, its progress while it is made, and what can be done with it.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { epoch, many, name, percent, size, when } from '../lib/format'
import {
  DATASETS,
  dropDataset,
  fetchDataset,
  makeDataset,
  orderOf,
  statusOf,
  TRAINING,
  type Dataset,
} from '../lib/training'
import { DatasetDetails } from './DatasetDetails'

interface Props {
  dataset: Dataset
  open: boolean
  toggle: () => void
  /** What came of it, for who cannot see it. */
  tell: (news: string) => void
  /** It is deleted. */
  gone: () => void
}

export function DatasetCard({ dataset, open, toggle, tell, gone }: Props) {
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const ask = useRef<HTMLButtonElement>(null)
  const [isGone, setGone] = useState(false)
  const { icon, tone, word, says } = statusOf(dataset.status)
  const running = dataset.status === 'running'
  const title = name(dataset.name || dataset.id, 80)
  const drop = useMutation({
    mutationFn: () => dropDataset(dataset.id),
    networkMode: 'always',
    onSuccess: () => {
      setAsked(false)
      tell(running ? `${title} is cancelled.` : `${title} is deleted, with its files.`)
      void client.invalidateQueries({ queryKey: TRAINING })
      // What is gone itself is not asked for any more.
      if (!running) {
        setGone(true)
        gone()
      }
      return client.invalidateQueries({ queryKey: [...DATASETS, 'list'] })
    },
  })
  const anew = useMutation({
    mutationFn: async () => {
      const order = orderOf((await fetchDataset(dataset.id)).manifest ?? {})
      if (!order) throw new Error('only the command line knows what it was made of; make it there')
      return makeDataset(order)
    },
    networkMode: 'always',
    onSuccess: () => {
      tell(`${title} is made anew.`)
      return client.invalidateQueries({ queryKey: DATASETS })
    },
  })
  const problem = drop.error ?? anew.error
  return (
    <article
      className={`card tone-${tone} min-w-0 p-4`}
      aria-label={title}
      data-testid="dataset"
      data-status={dataset.status}
    >
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h2 className="min-w-0 font-semibold">
          {title} <span className="label font-normal">{name(dataset.format, 40)}</span>
        </h2>
        <p className="text-sm font-semibold" style={{ color: 'var(--tone)' }} data-testid="status">
          <span aria-hidden="true">{icon} </span>
          {word}
        </p>
      </div>
      <p className="label mt-1">
        {many(dataset.rows, 'row')}, {size(dataset.bytes)},{' '}
        <time dateTime={dataset.made}>{when(epoch(dataset.made))}</time>
      </p>
      {running && <Progress dataset={dataset} />}
      {(dataset.error || says) && (
        <p className={`mt-2 text-sm ${dataset.status === 'failed' ? 'text-critical' : ''}`}>
          {name(dataset.error || says, 600)}
        </p>
      )}
      {problem && (
        <p role="alert" className="mt-2 text-sm text-critical">
          That was not done: {problem.message}
        </p>
      )}
      {asked ? (
        <Delete
          busy={drop.isPending}
          yes={() => drop.mutate()}
          no={() => {
            flushSync(() => setAsked(false))
            ask.current?.focus()
          }}
          title={title}
        />
      ) : (
        <div className="mt-3 flex flex-wrap gap-2">
          {running ? (
            <button
              type="button"
              className="btn"
              disabled={drop.isPending}
              onClick={() => drop.mutate()}
            >
              Cancel
            </button>
          ) : (
            <>
              <button type="button" className="btn" aria-expanded={open} onClick={toggle}>
                {open ? 'Fold' : 'Files and manifest'}
              </button>
              {dataset.status !== 'done' && (
                <button
                  type="button"
                  className="btn"
                  disabled={anew.isPending}
                  onClick={() => {
                    drop.reset()
                    anew.mutate()
                  }}
                >
                  Make it anew
                </button>
              )}
              <button
                ref={ask}
                type="button"
                className="btn text-critical"
                onClick={() => {
                  anew.reset()
                  setAsked(true)
                }}
              >
                Delete…
              </button>
            </>
          )}
        </div>
      )}
      {open && !running && !isGone && <DatasetDetails id={dataset.id} />}
    </article>
  )
}

function Progress({ dataset: { progress, name: title } }: { dataset: Dataset }) {
  const share = Math.min(1, Math.max(0, progress))
  return (
    <div className="mt-2 flex items-center gap-3">
      <div
        role="progressbar"
        aria-label={`${name(title, 60)} is being made`}
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
        className="bar flex-1"
      >
        <i style={{ width: `${100 * share}%` }} />
      </div>
      <span className="w-14 text-right text-sm font-medium">{percent(share)}</span>
    </div>
  )
}

interface DeleteProps {
  title: string
  busy: boolean
  yes: () => void
  no: () => void
}

function Delete({ title, busy, yes, no }: DeleteProps) {
  const keep = useRef<HTMLButtonElement>(null)
  useEffect(() => keep.current?.focus(), [])
  return (
    <div
      role="group"
      aria-label={`Delete ${title}?`}
      className="tone-critical mt-3 rounded-xl p-3"
      style={{ background: 'var(--wash)' }}
    >
      <p className="text-sm">
        <strong>Delete its files and its manifest?</strong> Copies that were downloaded stay where
        they are, and nobody can tell any more whom they hold.
      </p>
      <div className="mt-2 flex flex-wrap gap-2">
        <button type="button" className="btn text-critical" disabled={busy} onClick={yes}>
          Delete for good
        </button>
        <button ref={keep} type="button" className="btn" disabled={busy} onClick={no}>
          Keep it
        </button>
      </div>
    </div>
  )
}
