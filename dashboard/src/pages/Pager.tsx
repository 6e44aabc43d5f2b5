// Which rows of how many are shown, and the way to the others.

interface Props {
  offset: number
  shown: number
  total: number
  size: number
  go: (offset: number) => void
}

export function Pager({ offset, shown, total, size, go }: Props) {
  if (total === 0) return null
  return (
    <nav aria-label="Pages" className="mt-3 flex flex-wrap items-center gap-2">
      <button
        type="button"
        className="btn"
        disabled={offset === 0}
        onClick={() => go(Math.max(0, offset - size))}
      >
        Back
      </button>
      <button
        type="button"
        className="btn"
        disabled={offset + shown >= total}
        onClick={() => go(offset + size)}
      >
        Next
      </button>
      <span className="label" role="status">
        {shown === 0 ? 'none' : `${offset + 1} to ${offset + shown}`} of {total}
      </span>
    </nav>
  )
}
