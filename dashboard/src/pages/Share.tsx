// A share of a hundred in a table: the number and its bar, hatched where it is a guess.
import { score100 } from '../lib/format'

interface Props {
  value: number | null | undefined
  guess?: boolean
}

export function Share({ value, guess = false }: Props) {
  return (
    <span className="inline-flex items-center gap-2">
      <span className="w-7 text-right font-medium">{score100(value)}</span>
      <span className="bar inline-block w-12" aria-hidden="true">
        <i
          className={guess ? 'hatched' : ''}
          style={{ width: `${Math.round((value ?? 0) * 100)}%` }}
        />
      </span>
    </span>
  )
}
