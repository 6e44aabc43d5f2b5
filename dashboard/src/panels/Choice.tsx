// A few buttons of which one is chosen.

interface Props {
  label: string
  value: string
  options: readonly (readonly [value: string, word: string])[]
  onChange: (value: string) => void
}

export function Choice({ label, value, options, onChange }: Props) {
  return (
    <div className="flex flex-wrap gap-1" role="group" aria-label={label}>
      {options.map(([one, word]) => (
        <button
          key={one}
          type="button"
          className="btn px-3"
          aria-pressed={one === value}
          onClick={() => onChange(one)}
        >
          {word}
        </button>
      ))}
    </div>
  )
}
