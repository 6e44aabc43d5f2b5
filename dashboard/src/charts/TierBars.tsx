// How many memories each tier holds: a bar each, which chooses the tier.
import { TIERS } from '../lib/memories'
import type { Tier } from '../wire'

interface Props {
  counts: Partial<Record<Tier, number>>
  chosen: string
  choose: (tier: string) => void
}

export function TierBars({ counts, chosen, choose }: Props) {
  const tiers = Object.keys(TIERS) as Tier[]
  const most = Math.max(1, ...tiers.map((one) => counts[one] ?? 0))
  return (
    <ul className="grid gap-0.5" aria-label="Memories by tier">
      {tiers.map((tier) => {
        const many = counts[tier] ?? 0
        const { word, keeps } = TIERS[tier]
        return (
          <li key={tier}>
            <button
              type="button"
              aria-pressed={chosen === tier}
              onClick={() => choose(chosen === tier ? '' : tier)}
              className={`grid w-full grid-cols-[6rem_minmax(0,1fr)_3rem_4.5rem] items-center gap-2 rounded-lg px-2 py-1 text-left text-sm hover:bg-sunken ${
                chosen === tier ? 'bg-sunken font-semibold' : ''
              }`}
            >
              <span>{word}</span>
              <span
                className="bar outline-1 -outline-offset-1 outline-[var(--line)]"
                aria-hidden="true"
              >
                <i style={{ width: `${(100 * many) / most}%` }} />
              </span>
              <span className="text-right font-medium">{many}</span>
              <span className="label text-right">{keeps}</span>
            </button>
          </li>
        )
      })}
    </ul>
  )
}
