// A labelled field for words to search by; empty finds all.

interface Props {
  label: string
  value: string
  onChange: (value: string) => void
  /** How wide it is. */
  wide?: string
}

export function Search({ label, value, onChange, wide = 'w-60' }: Props) {
  return (
    <label className="grid min-w-0 gap-1">
      <span className="label">{label}</span>
      <input
        type="search"
        className={`field max-w-full ${wide}`}
        value={value}
        placeholder="all"
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  )
}
