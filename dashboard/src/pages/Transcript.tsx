// What was said, turn by turn. Texts come from strangers: they stay text nodes.
import { memo, useEffect, useMemo, useRef } from 'react'
import { Link } from 'wouter'
import type { Turn, Why } from '../lib/conversations'
import { clock, day, epoch, name } from '../lib/format'
import { reactionLink } from '../lib/links'
import type { Reacted } from '../lib/reactions'
import { feelingColor } from '../lib/feelings'
import { switchOf } from '../lib/lanes'
import { wordOf, type TurningPoint } from '../lib/turns'
import { Feeling } from '../panels/Feeling'
import { Holds } from '../panels/Meaning'
import { Text } from '../panels/Text'

interface Props {
  turns: Turn[]
  /** By the id of the turn that they are to. */
  reactions: ReadonlyMap<string, Reacted[]>
  at: number | null
  /** Which turn is chosen: what is only pointed at can still be chosen. */
  pinned: number | null
  /** Where the hand is: the list does not move away under it. */
  within: boolean
  turning: TurningPoint[]
  older: (() => void) | null
  point: (index: number | null) => void
  pin: (index: number | null) => void
}

export function Transcript(props: Props) {
  const { turns, reactions, at, pinned, within, turning, older, point, pin } = props
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => {
    const host = list.current
    if (!host || at === null || within) return
    const row = host.querySelector<HTMLElement>(`[data-turn="${at}"]`)
    if (!row) return
    const above = row.offsetTop - host.scrollTop
    if (above < 0 || above + row.offsetHeight > host.clientHeight) {
      host.scrollTop = row.offsetTop - host.clientHeight / 3
    }
  }, [at, within])
  // A date in words is dear: once for all turns, not anew for each that is pointed at.
  const days = useMemo(() => beginnings(turns), [turns])
  const moods = useMemo(() => new Map(turning.map(({ index, to }) => [index, to])), [turning])
  return (
    <ol
      ref={list}
      className="relative max-h-[34rem] overflow-y-auto pr-1 xl:max-h-[calc(100dvh-14rem)]"
      tabIndex={0}
      aria-label="What was said, oldest first"
      data-testid="transcript"
      onPointerLeave={() => point(null)}
    >
      {older && (
        <li className="pb-2 text-center">
          <button type="button" className="btn" onClick={older}>
            Older turns
          </button>
        </li>
      )}
      {turns.map((turn, i) => (
        <Row
          key={turn.id}
          turn={turn}
          reactions={reactions.get(turn.id)}
          index={i}
          here={at === i}
          pinned={pinned === i}
          day={days[i] ?? ''}
          mood={moods.get(i)}
          point={point}
          pin={pin}
        />
      ))}
    </ol>
  )
}

/** The date above each turn that is the first of its day; empty above the others. */
function beginnings(turns: Turn[]): string[] {
  let last = ''
  return turns.map((turn) => {
    const at = new Date(turn.at)
    const date = at.toDateString()
    if (date === last) return ''
    last = date
    return day(at.getTime() / 1000)
  })
}

interface RowProps {
  turn: Turn
  reactions: Reacted[] | undefined
  index: number
  here: boolean
  pinned: boolean
  /** The date, where a day begins. */
  day: string
  mood: TurningPoint['to'] | undefined
  point: (index: number | null) => void
  pin: (index: number | null) => void
}

const Row = memo(function Row(props: RowProps) {
  const { turn, reactions = [], index, here, pinned, day: date, mood, point, pin } = props
  const at = epoch(turn.at)
  const switched = switchOf(turn)
  return (
    <li
      data-turn={index}
      data-here={here}
      className={`rounded-xl border px-3 py-2 [contain-intrinsic-size:auto_8rem] [content-visibility:auto] ${here ? 'border-[var(--line-strong)] bg-sunken' : 'border-transparent'}`}
      onPointerEnter={(event) => event.pointerType === 'mouse' && point(index)}
    >
      {date && <p className="label pb-1 font-medium">{date}</p>}
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <button
          type="button"
          className="label underline-offset-4 hover:underline"
          aria-pressed={pinned}
          aria-label={`Turn ${index + 1}, ${clock(at)}: show its values`}
          onClick={() => pin(pinned ? null : index)}
        >
          {clock(at)}
        </button>
        {mood && (
          <span className="tone-warning rounded-full px-2 text-xs" style={MARK}>
            <span aria-hidden="true">{mood === 'up' ? '▲' : '▼'} </span>the mood turns {mood}
          </span>
        )}
        {switched && (
          <span className="rounded-full bg-sunken px-2 text-xs text-soft">
            <span aria-hidden="true">⚑ </span>
            {switched}
          </span>
        )}
      </p>
      <Said who={turn.user || 'somebody'} turn={turn} text={turn.message} of="user_emotion" />
      <Given reactions={reactions.filter((one) => one.target_is === 'user')} />
      <Said who={turn.bot} turn={turn} text={turn.reply} of="bot_emotion" bot />
      <Given reactions={reactions.filter((one) => one.target_is !== 'user')} />
    </li>
  )
})

function Given({ reactions }: { reactions: Reacted[] }) {
  if (reactions.length === 0) return null
  return (
    <ul className="mt-1 flex flex-wrap gap-1.5 pl-3" aria-label="Reactions">
      {reactions.map((one) => (
        <li key={one.id}>
          <Link
            href={reactionLink(one)}
            className="inline-flex items-center gap-1.5 rounded-full border border-line bg-card px-2 hover:border-[var(--line-strong)]"
          >
            <span className="text-lg leading-7">{name(one.emoji, 20)}</span>
            <Holds reaction={one} />
          </Link>
        </li>
      ))}
    </ul>
  )
}

const MARK = { color: 'var(--tone)', background: 'var(--wash)' }

interface SaidProps {
  who: string
  turn: Turn
  text: string | null
  of: 'user_emotion' | 'bot_emotion'
  bot?: boolean
}

/** What a text that is another one now, or gone, is called. */
const REVISED: Record<Why, string> = {
  edited: 'edited',
  regenerated: 'answered anew',
  corrected: 'corrected',
  deleted: 'deleted',
}

function Said({ who, turn, text, of, bot = false }: SaidProps) {
  const emotion = wordOf(turn, of, 'emotion')
  const why = turn.revised?.[bot ? 'assistant' : 'user']
  return (
    <div
      className="mt-1 border-l-3 pl-2.5"
      style={{ borderColor: emotion ? `var(${feelingColor(emotion)})` : 'var(--line)' }}
    >
      <p className="flex flex-wrap items-center gap-x-2">
        <span className={`text-sm font-semibold ${bot ? 'text-accent' : ''}`}>{name(who, 40)}</span>
        {emotion && <Feeling emotion={emotion} />}
        {why && text && <span className="label">{REVISED[why]}</span>}
      </p>
      {text ? (
        <Text text={text} />
      ) : (
        <p className="label">
          {why === 'deleted' ? REVISED.deleted : bot ? 'did not answer' : 'said nothing'}
        </p>
      )}
    </div>
  )
}
