// What is in a dataset: files with their sums, what was counted and left out, and its manifest.
import { useQuery } from '@tanstack/react-query'
import { many, name, size, words } from '../lib/format'
import { DATASETS, fetchDataset, fileLink, type Dataset, type DatasetFile } from '../lib/training'
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
  const manifest = manifestOf(dataset.manifest)
  const { counts = {}, excluded = [], files = [], command } = dataset
  const basis = manifest?.consent ?? manifest?.consent_basis
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      <Files id={dataset.id} files={files} />
      <div className="grid items-start gap-5 md:grid-cols-2">
        <section aria-label="Counted">
          <h3 className="head">Counted</h3>
          <Counts counts={counts} />
        </section>
        <section aria-label="Left out, and why">
          <h3 className="head">Left out, and why</h3>
          <ExcludedBars excluded={excluded} none="Nothing was left out." />
        </section>
      </div>
      {basis !== undefined && basis !== null && (
        <section aria-label="Consent" data-testid="basis">
          <h3 className="head">On what basis</h3>
          <div className="mt-1 text-sm">
            {typeof basis === 'string' ? name(basis, 600) : <Counts counts={basis as Row} />}
          </div>
        </section>
      )}
      {command && (
        <section aria-label="Command">
          <div className="mb-1 flex items-center justify-between gap-2">
            <h3 className="head">The same from the command line</h3>
            <CopyButton text={command} label="The command" />
          </div>
          <Lines text={command} />
        </section>
      )}
      {manifest && (
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

type Row = Record<string, unknown>

function Files({ id, files }: { id: string; files: DatasetFile[] }) {
  if (files.length === 0) return <p className="label">It has no files.</p>
  return (
    <section aria-label="Files">
      <h3 className="head">Files</h3>
      <ul className="mt-1 grid grid-cols-[minmax(0,1fr)]">
        {files.map((file) => (
          <li
            key={file.path}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-t border-line py-2 first:border-t-0"
          >
            <span className="min-w-0">
              <a
                className="font-medium text-accent underline underline-offset-4"
                href={fileLink(id, file.path)}
                download={file.path.split('/').at(-1)}
              >
                {name(file.path, 120)}
              </a>
              <span className="label block">
                {file.rows !== undefined && file.rows !== null && `${many(file.rows, 'row')}, `}
                {size(file.bytes)}
              </span>
            </span>
            {file.sha256 && (
              <span className="flex items-center gap-2">
                <code className="label font-mono" title={file.sha256}>
                  {file.sha256.slice(0, 12)}…
                </code>
                <CopyButton text={file.sha256} label={`SHA-256 of ${name(file.path, 60)}`} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function Counts({ counts }: { counts: Row }) {
  const found = Object.entries(counts)
  if (found.length === 0) return <p className="label mt-1">Nothing.</p>
  return (
    <dl className="mt-2 grid gap-1">
      {found.map(([key, value]) => (
        <div key={key} className="flex flex-wrap items-baseline justify-between gap-x-3">
          <dt className="label">{words(key, 60)}</dt>
          <dd className="font-semibold">{shown(value)}</dd>
        </div>
      ))}
    </dl>
  )
}

function shown(value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en', { maximumFractionDigits: 4 })
  return name(typeof value === 'string' ? value : JSON.stringify(value), 300)
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

/** A manifest is told as JSON, or as its text. */
function manifestOf(manifest: unknown): Row | null {
  let found = manifest
  if (typeof manifest === 'string') {
    try {
      found = JSON.parse(manifest)
    } catch {
      return null
    }
  }
  return typeof found === 'object' && found !== null ? (found as Row) : null
}
