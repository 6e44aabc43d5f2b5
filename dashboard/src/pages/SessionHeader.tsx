// A session's name, how long it runs, and its score in large figures.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { count, name, score100 } from '../lib/format'
import { LEVEL_WORDS, levelColor, levelOf } from '../lib/levels'
import { liveLink, replayLink } from '../lib/links'
import { StageIcon } from '../shell/icons'
import type { SessionView } from '../panels/view'

export function SessionHeader({ view, aside }: { view: SessionView; aside: ReactNode }) {
  const { meta } = view
  return (
    <header className="flex flex-wrap items-end justify-between gap-x-8 gap-y-3 pt-3 pb-5">
      <div className="min-w-0">
        <h1 className="text-2xl font-semibold tracking-tight sm:text-3xl">{name(view.session)}</h1>
        <p className="label mt-1 flex flex-wrap gap-x-4">
          {aside}
          {meta && <span>{count(meta.people)} people seen</span>}
          {meta && meta.late > 0 && <span>{count(meta.late)} events came too late</span>}
        </p>
        <p className="mt-3 flex gap-2">
          {view.mode === 'live' ? (
            <>
              <Link href={`${liveLink(view.session)}?stage=1`} className="btn">
                <StageIcon /> Stage view
              </Link>
              <Link href={replayLink(view.session)} className="btn">
                Replay
              </Link>
            </>
          ) : (
            meta?.state === 'live' && (
              <Link href={liveLink(view.session)} className="btn">
                To the live session
              </Link>
            )
          )}
        </p>
      </div>
      <Score score={view.score} />
    </header>
  )
}

export function Score({ score }: { score: number | null }) {
  const level = score === null ? null : levelOf(score)
  return (
    <div className="flex items-end gap-3" data-testid="score">
      <p className="text-7xl leading-[0.85] font-semibold tracking-tighter sm:text-8xl">
        {score100(score)}
      </p>
      <p className="pb-1">
        <span className="label block leading-tight">of 100</span>
        <span
          className="block text-lg font-semibold"
          style={level ? { color: `var(${levelColor(level, true)})` } : undefined}
        >
          {level ? LEVEL_WORDS[level] : 'No score yet'}
        </span>
      </p>
    </div>
  )
}
