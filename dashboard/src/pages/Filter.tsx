// A labelled choice, with "all" first.

interface Props {
  label: string
  value: string
  options: [string, string][]
  onChange: (value: string) => void
  /** What it says where nothing is chosen. */
  all?: string
}

export function Filter({ label, value, options, onChange, all = 'all' }: Props) {
  return (
    <label className="grid gap-1">
      <span className="label">{label}</span>
      <select
        className="field max-w-60"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">{all}</option>
        {options.map(([key, word]) => (
          <option key={key} value={key}>
            {word}
          </option>
        ))}
      </select>
    </label>
  )
}
