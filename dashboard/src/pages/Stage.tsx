// The presenter's view: one number and one line, readable from the back of a room; no names, no texts.
import { useLayoutEffect, useState } from 'react'
import { EngagementChart } from '../charts/EngagementChart'
import { score100 } from '../lib/format'
import { ALERT_TYPES, LEVEL_WORDS, levelColor, levelOf, SEVERITIES } from '../lib/levels'
import type { SessionView } from '../panels/view'
import { ConnectionDot } from '../shell/ConnectionDot'
import { liveLink } from '../lib/links'
import { Link } from 'wouter'

export function Stage({ view }: { view: SessionView }) {
  const height = useStageHeight()
  const { score } = view
  const level = score === null ? null : levelOf(score)
  const trouble = view.meta ? openTrouble(view) : null
  return (
    <main className="flex min-h-dvh flex-col gap-4 p-6 sm:p-10" data-testid="stage">
      <div className="flex flex-wrap items-center justify-between gap-6">
        <h1 className="sr-only">How the room is</h1>
        <p
          className="text-[clamp(7rem,26vh,20rem)] leading-[0.8] font-semibold tracking-tighter"
          style={level ? { color: `var(${levelColor(level, true)})` } : undefined}
        >
          {score100(score)}
        </p>
        <div className="sm:text-right">
          <p
            className="text-[clamp(2rem,7vh,5rem)] leading-none font-semibold"
            style={level ? { color: `var(${levelColor(level, true)})` } : undefined}
          >
            {level ? LEVEL_WORDS[level] : 'No score yet'}
          </p>
          {trouble && (
            <p
              className={`tone-${SEVERITIES[trouble.severity].tone} mt-4 text-[clamp(1.4rem,4vh,2.6rem)] font-semibold`}
              style={{ color: 'var(--tone)' }}
            >
              <span aria-hidden="true">{SEVERITIES[trouble.severity].icon} </span>
              {ALERT_TYPES[trouble.type].word}
            </p>
          )}
        </div>
      </div>
      <div className="min-h-0 flex-1">
        <EngagementChart
          key={height}
          title="Engagement score of the room"
          t={view.t}
          scores={view.scores}
          from={view.from}
          to={view.to}
          height={height}
          loading={view.loading}
          big
        />
      </div>
      <div className="flex items-center justify-between">
        <ConnectionDot />
        <Link href={liveLink(view.session)} className="btn">
          Leave the stage
        </Link>
      </div>
    </main>
  )
}

/** The newest alert, as long as nothing newer says that it is over. */
function openTrouble(view: SessionView) {
  const newest = view.alerts[0]
  if (!newest || newest.type === 'RECOVERED' || newest.verdict === 'false_alarm') return null
  return view.meta?.trouble || Date.parse(newest.time) > (view.at ?? 0) * 1000 - 600_000
    ? newest
    : null
}

const measure = () => Math.max(220, Math.round(window.innerHeight * 0.58))

function useStageHeight(): number {
  const [height, setHeight] = useState(measure)
  useLayoutEffect(() => {
    const resize = () => setHeight(measure())
    window.addEventListener('resize', resize)
    return () => window.removeEventListener('resize', resize)
  }, [])
  return height
}
