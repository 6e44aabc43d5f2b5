// Why this score: its parts as a table, and what would raise it most.
import { useParam } from '../lib/hooks'
import { DASH, decimal, percent, points, score100 } from '../lib/format'
import type { Part } from '../frames'
import type { PanelProps } from './view'

export function ExplainPanel({ view }: PanelProps) {
  const [open, setOpen] = useParam('why')
  const { explain } = view
  return (
    <details
      className="card p-4 sm:p-5"
      open={open === '1'}
      onToggle={(event) => {
        const now = (event.target as HTMLDetailsElement).open ? '1' : ''
        if (now !== open) setOpen(now)
      }}
    >
      <summary className="head">Why {score100(view.score)}?</summary>
      {explain ? (
        <>
          <div
            className="mt-3 overflow-x-auto"
            tabIndex={0}
            role="group"
            aria-label="Parts of the score"
          >
            <table className="w-full min-w-[26rem] text-left text-sm">
              <thead className="text-soft">
                <tr>
                  <th className="py-1 pr-3 font-medium">Part</th>
                  <th className="py-1 pr-3 text-right font-medium whitespace-nowrap">Measured</th>
                  <th className="py-1 pr-3 text-right font-medium whitespace-nowrap">Of full</th>
                  <th className="py-1 pr-3 text-right font-medium whitespace-nowrap">Weight</th>
                  <th className="py-1 text-right font-medium whitespace-nowrap">Gives</th>
                </tr>
              </thead>
              <tbody>
                {explain.parts.map((part) => (
                  <Row key={part.name} part={part} />
                ))}
              </tbody>
              <tfoot>
                <tr className="border-t border-line font-semibold">
                  <td className="py-1.5" colSpan={4}>
                    Score
                  </td>
                  <td className="py-1.5 text-right whitespace-nowrap">{points(explain.score)}</td>
                </tr>
              </tfoot>
            </table>
          </div>
          {explain.raise_most && (
            <p className="mt-3 rounded-xl bg-sunken p-3 text-sm">
              <span className="font-semibold">
                Would raise it most ({points(explain.raise_most.gain, true)}):{' '}
              </span>
              {explain.raise_most.how}
            </p>
          )}
        </>
      ) : (
        <p className="label mt-2">The parts come with the first score.</p>
      )}
    </details>
  )
}

function Row({ part }: { part: Part }) {
  const shares = part.name === 'polls' || part.name === 'active' || part.name === 'leaving'
  const raw = part.raw === null ? DASH : shares ? percent(part.raw) : decimal(part.raw)
  return (
    <tr className="border-t border-line">
      <td className="py-1.5 pr-3">
        {part.label}
        <span className="label block">{part.note}</span>
      </td>
      <td className="py-1.5 pr-3 text-right whitespace-nowrap">{raw}</td>
      <td className="py-1.5 pr-3 text-right whitespace-nowrap">{percent(part.normalised)}</td>
      <td className="py-1.5 pr-3 text-right whitespace-nowrap">{points(part.weight)}</td>
      <td className="py-1.5 text-right font-medium whitespace-nowrap">
        {points(part.contribution)}
      </td>
    </tr>
  )
}
