// The datasets that were made, the newest first; while one is made its progress is followed.
import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { Link } from 'wouter'
import { useParam } from '../lib/hooks'
import { useOffset } from '../lib/offset'
import { DATASETS, fetchDataset, fetchDatasets, SHOWN } from '../lib/training'
import { DatasetCard } from '../panels/DatasetCard'
import { Pager } from './Pager'

const EVERY_MS = 15_000
const RUNNING_MS = 700

export function useDatasets(user = '', offset = 0) {
  return useQuery({
    queryKey: [...DATASETS, 'list', user, offset],
    queryFn: () => fetchDatasets(user, offset),
    // While another page of theirs is asked for this one stays; never what is another person's.
    placeholderData: (shown, before) => (before?.queryKey.at(-2) === user ? shown : undefined),
    refetchInterval: ({ state }) =>
      state.data?.datasets.some((one) => one.status === 'running') ? RUNNING_MS : EVERY_MS,
  })
}

export function Datasets() {
  const [offset, go] = useOffset()
  const { data, error, isPending } = useDatasets('', offset)
  const [open, setOpen] = useParam('open')
  // Who comes for one of long ago sees it before the newest.
  const elsewhere = open !== '' && data?.datasets.every((one) => one.id !== open) === true
  const { data: sought } = useQuery({
    queryKey: [...DATASETS, 'one', open],
    queryFn: () => fetchDataset(open),
    enabled: elsewhere,
  })
  const shown = [...(elsewhere && sought ? [sought] : []), ...(data?.datasets ?? [])]
  const [news, setNews] = useState('')
  const all = useRef<HTMLDivElement>(null)
  return (
    <div className="mt-4" ref={all} tabIndex={-1} data-testid="datasets">
      <p role="status" className="label min-h-5" data-testid="news">
        {news}
      </p>
      {error && (
        <p role="status" className="mb-3 text-critical">
          {error.message}
        </p>
      )}
      {isPending && (
        <p role="status" className="label">
          Asking…
        </p>
      )}
      {data?.total === 0 && (
        <p className="card p-5 text-soft">
          No dataset was made yet.{' '}
          <Link href="/data?tab=make" className="text-accent underline underline-offset-4">
            Make one
          </Link>
          .
        </p>
      )}
      <ul className="grid grid-cols-[minmax(0,1fr)] gap-3">
        {shown.map((one) => (
          <li key={one.id}>
            <DatasetCard
              dataset={one}
              open={one.id === open}
              toggle={() => setOpen(one.id === open ? '' : one.id)}
              tell={setNews}
              gone={() => all.current?.focus()}
            />
          </li>
        ))}
      </ul>
      {data && data.total > SHOWN && (
        <Pager
          offset={offset}
          shown={data.datasets.length}
          total={data.total}
          size={SHOWN}
          go={go}
        />
      )}
    </div>
  )
}
