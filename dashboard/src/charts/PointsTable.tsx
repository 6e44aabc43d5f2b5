// The points of a chart in words: newest first, 25 to a page, and written only while it is open.
import { memo, useState } from 'react'

interface Props {
  id: string
  caption: string
  heads: string[]
  /** How many points there are. */
  count: number
  /** What stands in the row of a point, the oldest being 0. */
  cells: (index: number) => string[]
  stats?: string
}

const ROWS = 25

// The cursor draws the chart anew, not its table.
export const PointsTable = memo(function PointsTable(props: Props) {
  const { id, caption, heads, count, cells, stats } = props
  const [open, setOpen] = useState(false)
  const [page, setPage] = useState(0)
  const pages = Math.max(1, Math.ceil(count / ROWS))
  const shown = Math.min(page, pages - 1)
  const end = count - shown * ROWS
  const places = Array.from({ length: Math.min(ROWS, end) }, (_, i) => end - 1 - i)
  return (
    <details
      id={id}
      className="mt-1 text-sm"
      onToggle={(event) => setOpen((event.target as HTMLDetailsElement).open)}
    >
      <summary className="flex flex-wrap items-center justify-between gap-x-4 px-1 text-soft">
        <span className="underline underline-offset-4">Show as table</span>
        {stats && <span data-testid="chart-stats">{stats}</span>}
      </summary>
      {open && (
        <>
          <div className="mt-2 overflow-x-auto" tabIndex={0} role="group" aria-label="Points">
            <table className="w-full max-w-md text-left">
              <caption className="sr-only">{caption}</caption>
              <thead className="text-soft">
                <tr>
                  {heads.map((head, i) => (
                    <th key={i} className="py-1 pr-4 font-medium">
                      {head}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {places.map((place) => (
                  <tr key={place} className="border-t border-line">
                    {cells(place).map((cell, i) => (
                      <td key={i} className="py-1 pr-4 whitespace-nowrap">
                        {cell}
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
})
