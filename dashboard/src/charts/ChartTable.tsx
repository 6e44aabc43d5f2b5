// The chart as a table: the same points in words, newest first, 25 to a page.
import { useState } from 'react'
import { clock, DASH, score100 } from '../lib/format'
import { LEVEL_WORDS, levelOf } from '../lib/levels'

interface Props {
  id: string
  t: number[]
  scores: (number | null)[]
  from: number
  to: number
  stats: string
}

const ROWS = 25

export function ChartTable({ id, t, scores, stats }: Props) {
  const [open, setOpen] = useState(false)
  const [page, setPage] = useState(0)
  const pages = Math.max(1, Math.ceil(t.length / ROWS))
  const shown = Math.min(page, pages - 1)
  const end = t.length - shown * ROWS
  const rows = open ? t.slice(Math.max(0, end - ROWS), end).map((at, i) => ({ at, i })) : []
  const first = Math.max(0, end - ROWS)
  return (
    <details
      id={id}
      className="mt-1 text-sm"
      onToggle={(event) => setOpen((event.target as HTMLDetailsElement).open)}
    >
      <summary className="flex flex-wrap items-center justify-between gap-x-4 px-1 text-soft">
        <span className="underline underline-offset-4">Show as table</span>
        <span data-testid="chart-stats">{stats}</span>
      </summary>
      {open && (
        <div className="mt-2">
          <table className="w-full max-w-md text-left">
            <caption className="sr-only">Score every five seconds, newest first</caption>
            <thead className="text-soft">
              <tr>
                <th className="py-1 font-medium">Time</th>
                <th className="py-1 font-medium">Score</th>
                <th className="py-1 font-medium">Level</th>
              </tr>
            </thead>
            <tbody>
              {rows.toReversed().map(({ at, i }) => {
                const score = scores[first + i] ?? null
                return (
                  <tr key={at} className="border-t border-line">
                    <td className="py-1">{clock(at)}</td>
                    <td className="py-1">{score100(score)}</td>
                    <td className="py-1">{score === null ? DASH : LEVEL_WORDS[levelOf(score)]}</td>
                  </tr>
                )
              })}
            </tbody>
          </table>
          <div className="mt-2 flex items-center gap-2">
            <button
              type="button"
              className="btn"
              disabled={shown === 0}
              onClick={() => setPage(shown - 1)}
            >
              Newer
            </button>
            <button
              type="button"
              className="btn"
              disabled={shown >= pages - 1}
              onClick={() => setPage(shown + 1)}
            >
              Older
            </button>
            <span className="label">
              Page {shown + 1} of {pages}
            </span>
          </div>
        </div>
      )}
    </details>
  )
}
