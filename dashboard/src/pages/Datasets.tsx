// The datasets that were made, the newest first; while one is made its progress is followed.
import { useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { Link } from 'wouter'
import { useParam } from '../lib/hooks'
import { DATASETS, fetchDatasets } from '../lib/training'
import { DatasetCard } from '../panels/DatasetCard'

const EVERY_MS = 15_000
const RUNNING_MS = 700

export function useDatasets(user = '') {
  return useQuery({
    queryKey: [...DATASETS, 'list', user],
    queryFn: async () => (await fetchDatasets(user)).datasets,
    refetchInterval: ({ state }) =>
      state.data?.some((one) => one.status === 'running') ? RUNNING_MS : EVERY_MS,
  })
}

export function Datasets() {
  const { data, error, isPending } = useDatasets()
  const [open, setOpen] = useParam('open')
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
      {data?.length === 0 && (
        <p className="card p-5 text-soft">
          No dataset was made yet.{' '}
          <Link href="/data?tab=make" className="text-accent underline underline-offset-4">
            Make one
          </Link>
          .
        </p>
      )}
      <ul className="grid grid-cols-[minmax(0,1fr)] gap-3">
        {data?.map((one) => (
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
    </div>
  )
}
