// Lines as a table: the same points in words, newest first, 25 to a page.
import { useState } from 'react'
import type { Line } from '../lib/lines'

interface Props {
  id: string
  t: number[]
  rows: (number | null)[][]
  lines: Line[]
  label: (x: number) => string
  show: (value: number | null) => string
}

const ROWS = 25

export function LinesTable({ id, t, rows, lines, label, show }: Props) {
  const [open, setOpen] = useState(false)
  const [page, setPage] = useState(0)
  const pages = Math.max(1, Math.ceil(t.length / ROWS))
  const shown = Math.min(page, pages - 1)
  const end = t.length - shown * ROWS
  const first = Math.max(0, end - ROWS)
  const places = open ? Array.from({ length: end - first }, (_, i) => end - 1 - i) : []
  return (
    <details
      id={id}
      className="mt-1 text-sm"
      onToggle={(event) => setOpen((event.target as HTMLDetailsElement).open)}
    >
      <summary className="px-1 text-soft">
        <span className="underline underline-offset-4">Show as table</span>
      </summary>
      {open && (
        <>
          <div className="mt-2 overflow-x-auto" tabIndex={0} role="group" aria-label="Points">
            <table className="text-left">
              <thead className="text-soft">
                <tr>
                  <th className="py-1 pr-4 font-medium">When</th>
                  {lines.map((line, i) => (
                    <th key={i} className="py-1 pr-4 font-medium">
                      {line.name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {places.map((i) => (
                  <tr key={i} className="border-t border-line">
                    <td className="py-1 pr-4 whitespace-nowrap">{label(t[i]!)}</td>
                    {rows.map((row, k) => (
                      <td key={k} className="py-1 pr-4">
                        {show(row[i] ?? null)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
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
        </>
      )}
    </details>
  )
}
