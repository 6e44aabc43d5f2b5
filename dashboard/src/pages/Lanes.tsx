// What the turns of a conversation feel like, lane above lane on one axis, with one cursor for all.
import { memo, useMemo, type KeyboardEvent, type PointerEvent } from 'react'
import { axisOf, nearest, type Axis, type Spacing } from '../charts/axis'
import { moved } from '../charts/cursor'
import { LaneBars } from '../charts/LaneBars'
import { LaneFlags } from '../charts/LaneFlags'
import { LaneLines } from '../charts/LaneLines'
import { Mood } from '../charts/Mood'
import { Ribbon } from '../charts/Ribbon'
import type { Turn } from '../lib/conversations'
import { clock, epoch, score100, when, words } from '../lib/format'
import { useDebounced } from '../lib/hooks'
import { column, feltBy, guesses, LANES, plain, switchOf, type Lane } from '../lib/lanes'
import { useWidth } from '../lib/size'
import { mean, numberOf, sourceOf, sourcesOf, wordOf, type TurningPoint } from '../lib/turns'
import { LaneHead } from './LaneHead'

interface Props {
  /** Oldest first. */
  turns: Turn[]
  /** Which turn is pointed at. */
  at: number | null
  turning: TurningPoint[]
  spacing: Spacing
  point: (index: number | null) => void
  pin: (index: number | null) => void
}

export function Lanes({ turns, at, turning, spacing, point, pin }: Props) {
  const [host, width] = useWidth<HTMLDivElement>()
  const axis = useMemo(
    () =>
      axisOf(
        turns.map((turn) => epoch(turn.at)),
        width,
        spacing,
      ),
    [turns, width, spacing],
  )
  const said = useDebounced(at === null ? '' : sentence(turns, at), 350)

  const placeOf = (event: PointerEvent) =>
    nearest(axis, event.clientX - (host.current?.getBoundingClientRect().left ?? 0))
  const onKey = (event: KeyboardEvent) => {
    const index = moved(event.key, at, turns.length)
    if (index === undefined) return
    event.preventDefault()
    if (event.repeat) point(index)
    else pin(index)
  }
  // A key that is held moves on; where it is let go is kept in the address.
  const onKeyUp = (event: KeyboardEvent) => {
    if (at !== null && moved(event.key, at, turns.length) !== undefined) pin(at)
  }

  return (
    <div>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- arrow keys move the cursor */}
      <div
        ref={host}
        role="figure"
        aria-label="What the turns feel like; the arrow keys go from turn to turn"
        tabIndex={0}
        className="relative grid touch-pan-y gap-2"
        data-testid="lanes"
        onKeyDown={onKey}
        onKeyUp={onKeyUp}
        onPointerMove={(event) => event.pointerType === 'mouse' && point(placeOf(event))}
        onPointerLeave={() => point(null)}
        onPointerDown={(event) => event.button === 0 && pin(placeOf(event))}
      >
        {width > 0 && (
          <>
            <Ruler turns={turns} axis={axis} spacing={spacing} />
            <Feelings turns={turns} axis={axis} at={at} turning={turning} />
            <Switches turns={turns} axis={axis} at={at} />
            {LANES.map((lane) => (
              <MeasuredLane key={lane.measurement} lane={lane} turns={turns} axis={axis} at={at} />
            ))}
            {at !== null && axis.x[at] !== undefined && (
              <div
                className="pointer-events-none absolute inset-y-0 left-0 border-l border-dashed border-[var(--ink)] will-change-transform"
                style={{ transform: `translateX(${axis.x[at]}px)` }}
                data-testid="cursor"
                aria-hidden="true"
              />
            )}
          </>
        )}
      </div>
      <p aria-live="polite" className="sr-only">
        {said}
      </p>
      <Missing turns={turns} />
    </div>
  )
}

function sentence(turns: Turn[], at: number): string {
  const turn = turns[at]
  if (!turn) return ''
  const feels = ['user_emotion', 'bot_emotion'].map((one) =>
    words(wordOf(turn, one, 'emotion'), 24),
  )
  const parts = [`Turn ${at + 1} of ${turns.length}, ${clock(epoch(turn.at))}`]
  if (feels[0]) parts.push(`person ${feels[0]}`)
  if (feels[1]) parts.push(`bot ${feels[1]}`)
  return parts.join(', ')
}

const LABELS_APART = 84

interface RulerProps {
  turns: Turn[]
  axis: Axis
  spacing: Spacing
}

const Ruler = memo(function Ruler({ turns, axis, spacing }: RulerProps) {
  const marks: { x: number; text: string }[] = []
  turns.forEach((turn, i) => {
    const x = axis.x[i] ?? 0
    const last = marks.at(-1)
    if (last && x - last.x < (spacing === 'turn' ? LABELS_APART / 2 : LABELS_APART)) return
    if (x > axis.width - 24) return
    marks.push({ x, text: spacing === 'turn' ? String(i + 1) : when(epoch(turn.at)) })
  })
  return (
    <svg width={axis.width} height="16" className="block" aria-hidden="true">
      {marks.map(({ x, text }) => (
        <text key={x} x={x} y="12" fontSize="11" fill="var(--soft)" textAnchor="middle">
          {x < 30 && spacing === 'time' ? '' : text}
        </text>
      ))}
    </svg>
  )
})

interface Part {
  turns: Turn[]
  axis: Axis
  at: number | null
}

const WHOSE = [
  ['user_emotion', 'Person feels'],
  ['bot_emotion', 'Bot feels'],
] as const

function Feelings({ turns, axis, at, turning }: Part & { turning: TurningPoint[] }) {
  const valences = useMemo(() => column(turns, 'user_emotion', 'valence'), [turns])
  const sources = useMemo(() => sourcesOf(turns, 'user_emotion'), [turns])
  const turn = at === null ? undefined : turns[at]
  const has = valences.some((one) => one !== null)
  return (
    <>
      {WHOSE.map(([measurement, title]) => (
        <FeltLane
          key={measurement}
          measurement={measurement}
          title={title}
          turns={turns}
          axis={axis}
          at={at}
        />
      ))}
      {has && (
        <LaneHead
          title="Mood"
          told={[
            {
              word: turn ? 'valence' : 'mean valence',
              value: plain(turn ? (valences[at!] ?? null) : mean(valences)),
            },
            { word: 'turning points', value: String(turning.length) },
          ]}
          source={turn && sourceOf(turn, 'user_emotion')}
          sources={sources}
          pointed={turn !== undefined}
        >
          <Mood
            axis={axis}
            valences={valences}
            turning={turning}
            label={`Valence of the person's messages; the mood turns ${turning.length} times`}
          />
        </LaneHead>
      )}
    </>
  )
}

interface FeltProps extends Part {
  measurement: 'user_emotion' | 'bot_emotion'
  title: string
}

function FeltLane({ measurement, title, turns, axis, at }: FeltProps) {
  const felt = useMemo(() => feltBy(turns, measurement), [turns, measurement])
  const sources = useMemo(() => sourcesOf(turns, measurement), [turns, measurement])
  const label = useMemo(() => `${title}, turn by turn: ${summary(felt)}`, [title, felt])
  const turn = at === null ? undefined : turns[at]
  const here = at === null ? null : felt[at]
  if (felt.every((one) => one === null)) return null
  const told = here
    ? [
        { word: words(here.emotion, 24), value: score100(here.intensity) },
        { word: 'sure', value: score100(here.confidence) },
        ...here.mixed.map((one) => ({
          word: words(one.emotion, 24),
          value: score100(one.intensity),
        })),
      ]
    : [
        {
          word: 'mean intensity',
          value: score100(mean(felt.map((one) => one?.intensity ?? null))),
        },
      ]
  return (
    <LaneHead
      title={title}
      told={turn && !here ? [{ word: 'nothing was read', value: '' }] : told}
      source={turn && sourceOf(turn, measurement)}
      sources={sources}
      pointed={turn !== undefined}
    >
      <Ribbon axis={axis} felt={felt} label={label} />
    </LaneHead>
  )
}

function summary(felt: ({ emotion: string } | null)[]): string {
  const counts = new Map<string, number>()
  for (const one of felt) if (one) counts.set(one.emotion, (counts.get(one.emotion) ?? 0) + 1)
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 4)
    .map(([emotion, many]) => `${words(emotion, 24)} ${many}`)
    .join(', ')
}

function Switches({ turns, axis, at }: Part) {
  const flags = useMemo(
    () =>
      turns.flatMap((turn, index) => {
        const title = switchOf(turn)
        return title
          ? [{ index, title, sure: numberOf(turn, 'context_switches', 'confidence') }]
          : []
      }),
    [turns],
  )
  const sources = useMemo(() => sourcesOf(turns, 'context_switches'), [turns])
  if (flags.length === 0) return null
  const turn = at === null ? undefined : turns[at]
  const here = flags.find((flag) => flag.index === at)
  return (
    <LaneHead
      title="Context switches"
      told={
        here
          ? [
              { word: here.title, value: '' },
              { word: 'sure', value: score100(here.sure) },
            ]
          : [{ word: turn ? 'none here, in all' : 'in all', value: String(flags.length) }]
      }
      source={turn && sourceOf(turn, 'context_switches')}
      sources={sources}
      pointed={turn !== undefined}
    >
      <LaneFlags axis={axis} flags={flags} label={`The context changes ${flags.length} times`} />
    </LaneHead>
  )
}

function MeasuredLane({ lane, turns, axis, at }: Part & { lane: Lane }) {
  const { measurement, fields, kind, title } = lane
  const columns = useMemo(
    () => fields.map(({ field }) => column(turns, measurement, field)),
    [turns, fields, measurement],
  )
  const hatched = useMemo(() => guesses(turns, measurement), [turns, measurement])
  const sources = useMemo(() => sourcesOf(turns, measurement), [turns, measurement])
  // The drawings tell their means: they are not drawn anew for each turn that is pointed at.
  const means = useMemo(
    () => fields.map(({ word, show }, i) => `${word} ${show(mean(columns[i]!))}`),
    [fields, columns],
  )
  if (columns.every((values) => values.every((value) => value === null))) return null
  const turn = at === null ? undefined : turns[at]
  const told = fields.map(({ word, show }, i) => ({
    word,
    value: show(at === null ? mean(columns[i]!) : (columns[i]![at] ?? null)),
  }))
  return (
    <LaneHead
      title={title}
      told={told}
      swatches={kind === 'lines'}
      source={turn && sourceOf(turn, measurement)}
      sources={sources}
      pointed={turn !== undefined}
    >
      {kind === 'lines' ? (
        <LaneLines
          axis={axis}
          lines={columns}
          guesses={hatched}
          label={`${title}, means: ${means.join(', ')}`}
        />
      ) : (
        columns.map((values, i) =>
          values.some((value) => value !== null) ? (
            <LaneBars
              key={fields[i]!.field}
              axis={axis}
              values={values}
              guesses={hatched}
              color={`var(--series-${i + 1})`}
              label={`${title}, mean: ${means[i]}`}
            />
          ) : null,
        )
      )}
    </LaneHead>
  )
}

/** What a conversation does not have is said, not drawn as nought. */
const Missing = memo(function Missing({ turns }: { turns: Turn[] }) {
  const has = (measurement: string) => turns.some((turn) => turn.values[measurement])
  const lacking = [
    ...(has('user_emotion') ? [] : ['feelings of the person']),
    ...(has('bot_emotion') ? [] : ['feelings of the bot']),
    ...LANES.filter((lane) => !has(lane.measurement)).map((lane) => lane.title.toLowerCase()),
  ]
  if (turns.length === 0 || lacking.length === 0) return null
  return (
    <p className="label mt-3 border-t border-line pt-2">
      Not known of these turns: {lacking.join(', ')}.
    </p>
  )
})
