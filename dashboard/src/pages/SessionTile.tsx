// One live session as a tile: score, level, five minutes, and what is wrong.
import { memo } from 'react'
import { Link } from 'wouter'
import { Sparkline } from '../charts/Sparkline'
import type { Session } from '../frames'
import { count, name, score100 } from '../lib/format'
import { ALERT_TYPES, LEVEL_WORDS, levelColor, SEVERITIES } from '../lib/levels'
import { liveLink } from '../lib/links'

export const SessionTile = memo(function SessionTile({ session }: { session: Session }) {
  const { level, trouble, fields } = session
  return (
    <article className="card relative min-w-0 p-5 hover:border-[var(--line-strong)]">
      <div className="flex items-start justify-between gap-3">
        <h2 className="min-w-0 truncate font-semibold">
          {/* The whole tile is the link: its hit area is stretched, its name stays the title. */}
          <Link href={liveLink(session.session)} className="after:absolute after:inset-0">
            {name(session.session)}
          </Link>
        </h2>
        {trouble && <Trouble session={session} />}
      </div>
      <div className="mt-2 flex items-end gap-3">
        <p className="text-6xl leading-[0.95] font-semibold tracking-tighter">
          {score100(session.score)}
        </p>
        <p
          className="pb-1 font-semibold"
          style={level ? { color: `var(${levelColor(level, true)})` } : undefined}
        >
          {level ? LEVEL_WORDS[level] : 'No score yet'}
        </p>
      </div>
      <div className="mt-3">
        <Sparkline
          values={session.spark}
          label={`Score of the last five minutes, now ${score100(session.score)}`}
        />
      </div>
      <p className="label mt-3 flex flex-wrap justify-between gap-x-4">
        <span>
          <b className="font-semibold text-ink">{count(fields.chat_per_min)}</b> messages a minute
        </span>
        <span>
          <b className="font-semibold text-ink">{count(fields.active_users)}</b> active
          {fields.total_users ? ` of ${count(fields.total_users)}` : ''}
        </span>
      </p>
    </article>
  )
})

function Trouble({ session }: { session: Session }) {
  const trouble = session.trouble!
  const look = SEVERITIES[trouble.severity]
  return (
    <span
      className={`tone-${look.tone} shrink-0 rounded-full px-2.5 py-0.5 text-[13px] font-semibold whitespace-nowrap`}
      style={{ background: 'var(--wash)', color: 'var(--tone)' }}
    >
      <span aria-hidden="true">{look.icon} </span>
      {ALERT_TYPES[trouble.type].word}
    </span>
  )
}
