// What is in a dataset: files with their sums, what was counted, replaced and left out, and its manifest.
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { many, name, size, words } from '../lib/format'
import { DATASETS, fetchDataset, fileLink, type Dataset } from '../lib/training'
import { CopyButton } from './CopyButton'
import { Exact } from './Exact'
import { ExcludedBars } from './ExcludedBars'

export function DatasetDetails({ id }: { id: string }) {
  const { data, error, isPending } = useQuery({
    queryKey: [...DATASETS, 'one', id],
    queryFn: () => fetchDataset(id),
  })
  return (
    <div className="mt-4 border-t border-line pt-4" data-testid="details">
      {error && (
        <p role="status" className="text-critical">
          {error.message}
        </p>
      )}
      {isPending && (
        <p role="status" className="label">
          Asking…
        </p>
      )}
      {data && <Found dataset={data} />}
    </div>
  )
}

function Found({ dataset }: { dataset: Dataset }) {
  const { counts, excluded, command } = dataset
  const manifest = dataset.manifest ?? {}
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      <Files dataset={dataset} />
      <div className="grid items-start gap-5 md:grid-cols-2">
        <Part title="Counted">
          <Counts counts={counts} none="Nothing." />
        </Part>
        <Part title="Left out, and why">
          <ExcludedBars excluded={excluded} none="Nothing was left out." />
        </Part>
        {manifest.consent && (
          <Part title="On what basis">
            <Counts counts={manifest.consent.basis} none="Nobody is in it." />
          </Part>
        )}
        {manifest.redactions && (
          <Part title="Personal data that was replaced">
            <Counts counts={manifest.redactions} none="None was found, or it was not looked for." />
          </Part>
        )}
        {manifest.contamination && manifest.contamination.left_out > 0 && (
          <Part title="What an emoji alone would have called a rating">
            <p className="mt-1 text-sm">
              {many(manifest.contamination.left_out, 'reaction')} more, which{' '}
              {manifest.contamination.left_out === 1 ? 'is none' : 'are none'}.
            </p>
            <Counts counts={manifest.contamination.reasons} none="" />
          </Part>
        )}
      </div>
      {command && (
        <Part title="The same from the command line">
          <div className="mt-1 flex items-start gap-2">
            <div className="min-w-0 flex-1">
              <Lines text={command} />
            </div>
            <CopyButton text={command} label="The command" />
          </div>
        </Part>
      )}
      {dataset.manifest && (
        <details>
          <summary className="text-sm font-medium">The whole manifest</summary>
          <div className="mt-2">
            <Lines text={JSON.stringify(manifest, null, 2)} />
          </div>
        </details>
      )}
    </div>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="min-w-0">
      <h3 className="head">{title}</h3>
      {children}
    </section>
  )
}

function Files({ dataset: { id, files, manifest, status } }: { dataset: Dataset }) {
  const given = status === 'done'
  if (files.length === 0) return <p className="label">It has no files.</p>
  const traces = (manifest?.files ?? []).flatMap(({ trace }) => trace ?? [])
  return (
    <Part title="Files">
      <ul className="mt-1 grid grid-cols-[minmax(0,1fr)]">
        {files.map((file) => (
          <li
            key={file.path}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-t border-line py-2 first:border-t-0"
          >
            <span className="min-w-0">
              <File id={id} path={file.path} given={given} />
              <span className="label block">
                {many(file.rows, 'row')}, {size(file.bytes)}
              </span>
            </span>
            <span className="flex items-center gap-2">
              <code className="label font-mono" title={`SHA-256: ${file.sha256}`}>
                {file.sha256.slice(0, 12)}…
              </code>
              <CopyButton text={file.sha256} label={`SHA-256 of ${name(file.path, 60)}`} />
            </span>
          </li>
        ))}
        <li className="border-t border-line py-2">
          <File id={id} path="README.md" given={given} />, the card, and{' '}
          <File id={id} path="manifest.json" given={given} />
          {traces.length > 0 && ', and which conversation and message each row comes from: '}
          {traces.map((path, i) => (
            <span key={path}>
              {i > 0 && ', '}
              <File id={id} path={path} given={given} />
            </span>
          ))}
        </li>
      </ul>
    </Part>
  )
}

/** A file to download, where it is given out: of a stale dataset none is. */
function File({ id, path, given }: { id: string; path: string; given: boolean }) {
  if (!given) return <span className="font-medium">{name(path, 120)}</span>
  return (
    <a
      className="font-medium text-accent underline underline-offset-4"
      href={fileLink(id, path)}
      download={path.split('/').at(-1)}
    >
      {name(path, 120)}
    </a>
  )
}

function Counts({ counts, none }: { counts: Record<string, unknown>; none: string }) {
  const found = Object.entries(counts)
  if (found.length === 0) return <p className="label mt-1">{none}</p>
  return (
    <dl className="mt-2 grid gap-1">
      {found.map(([key, value]) => (
        <div key={key} className="flex flex-wrap items-baseline justify-between gap-x-3">
          <dt className="label">{words(key, 60) || 'not known'}</dt>
          <dd className="font-semibold">{shown(value)}</dd>
        </div>
      ))}
    </dl>
  )
}

/** A number, or numbers by name. */
function shown(value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en', { maximumFractionDigits: 4 })
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).slice(0, 12)
    return (
      parts.map(([key, one]) => `${words(key, 30) || 'not known'} ${shown(one)}`).join(', ') || '–'
    )
  }
  return name(String(value), 300)
}

function Lines({ text }: { text: string }) {
  return (
    <pre
      className="max-h-96 overflow-auto rounded-lg bg-sunken p-3 font-mono text-[13px] whitespace-pre-wrap"
      tabIndex={0}
    >
      <Exact text={text} folded={8_000} />
    </pre>
  )
}
