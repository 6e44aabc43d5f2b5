// What was erased of a person: store by store, and which datasets are to be made anew.
import { useEffect, useRef } from 'react'
import { Link } from 'wouter'
import { many, name, words } from '../lib/format'
import type { Receipt } from '../lib/rights'
import { CopyButton } from './CopyButton'

export function EraseReceipt({ receipt, user }: { receipt: Receipt; user: string }) {
  const head = useRef<HTMLHeadingElement>(null)
  useEffect(() => head.current?.focus(), [])
  const whole = receipt.done && receipt.stores.every((one) => one.ok)
  return (
    <section
      className={`card tone-${whole ? 'info' : 'critical'} mt-4 max-w-3xl p-4 sm:p-5`}
      aria-labelledby="receipt"
      data-testid="receipt"
    >
      <div className="flex flex-wrap items-start justify-between gap-3">
        <h2 id="receipt" className="head" tabIndex={-1} ref={head}>
          {whole ? `${name(user, 60)} is erased` : `${name(user, 60)} is not wholly erased`}
        </h2>
        <CopyButton text={JSON.stringify(receipt, null, 2)} label="The receipt" />
      </div>
      <p className="label">
        As <code className="font-mono">{name(receipt.person, 80)}</code>, a pseudonym that leads
        back to nobody.{' '}
        {receipt.tombstone && 'What still comes late for them is dropped at the door.'}
      </p>
      {!whole && (
        <p role="alert" className="mt-2 text-sm text-critical">
          Not every store could do it. It is tried again until it is done; until then something of
          them may be left there.
        </p>
      )}
      <ul className="mt-3 grid grid-cols-[minmax(0,1fr)]">
        {receipt.stores.map((one) => (
          <li
            key={one.store}
            className="flex flex-wrap items-baseline justify-between gap-x-4 border-t border-line py-2 first:border-t-0"
            data-ok={one.ok}
          >
            <span className="min-w-0">
              <span className="font-medium">{words(one.store, 60)}</span>
              {one.detail && <span className="label block">{name(one.detail, 400)}</span>}
            </span>
            <span className={`text-sm font-semibold ${one.ok ? '' : 'text-critical'}`}>
              {one.ok ? (
                <>
                  <span aria-hidden="true">✓ </span>
                  {one.removed > 0 ? `${one.removed.toLocaleString('en')} removed` : 'held nothing'}
                </>
              ) : (
                <>
                  <span aria-hidden="true">✕ </span>
                  not done
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
      <h3 className="head mt-4">Datasets to make anew</h3>
      {receipt.datasets.length === 0 ? (
        <p className="label">None held them.</p>
      ) : (
        <>
          <p className="label">
            {many(receipt.datasets.length, 'dataset')} held them. Make them anew, and tell whoever
            downloaded one.
          </p>
          <ul className="mt-1 grid gap-1">
            {receipt.datasets.map((one) => (
              <li key={one.id}>
                <Link
                  href={`/data?tab=datasets&open=${encodeURIComponent(one.id)}`}
                  className="text-accent underline underline-offset-4"
                >
                  {name(one.name || one.id, 80)}
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}
