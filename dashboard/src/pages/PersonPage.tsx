// One person: how they stand to a bot over time, their conversations, memories and rights.
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { DayStrip } from '../charts/DayStrip'
import { WeekHours } from '../charts/WeekHours'
import { ApiError } from '../lib/api'
import { fetchPerson, type Person } from '../lib/conversations'
import { count, epoch, name, score100, when } from '../lib/format'
import { useParam, useTitle } from '../lib/hooks'
import { useFilter } from '../lib/offset'
import { talkLink } from '../lib/links'
import { useRowKeys } from '../lib/rows'
import { Choice } from '../panels/Choice'
import { Feeling } from '../panels/Feeling'
import type { Conversation } from '../wire'
import { LinkedRow, Rows } from './Rows'
import { PersonMemories } from './PersonMemories'
import { PersonRights } from './PersonRights'
import { Standing } from './Standing'

const TABS = [
  ['', 'Overview'],
  ['memories', 'Memories'],
  ['rights', 'Consent and erasing'],
] as const

export function PersonPage({ user }: { user: string }) {
  useTitle(name(user))
  useRowKeys()
  const [tab, setTab] = useParam('tab')
  return (
    <div className="pt-4" data-testid="person">
      <p>
        <Link href="/people" className="label underline underline-offset-4">
          People
        </Link>
      </p>
      <div className="flex flex-wrap items-end justify-between gap-3">
        <h1 className="text-2xl font-semibold tracking-tight">{name(user)}</h1>
        <Choice label="Show" value={tab} options={TABS} onChange={setTab} />
      </div>
      {tab === 'memories' && <PersonMemories user={user} />}
      {tab === 'rights' && <PersonRights user={user} />}
      {tab !== 'memories' && tab !== 'rights' && <Overview user={user} />}
    </div>
  )
}

function Overview({ user }: { user: string }) {
  const { data, error, isPending } = useQuery({
    queryKey: ['person', user],
    queryFn: () => fetchPerson(user),
    refetchInterval: 15_000,
    retry: (failures, problem) =>
      failures < 1 && !(problem instanceof ApiError && problem.status === 404),
  })
  return (
    <>
      {error && (
        <p role="status" className="mt-3 text-critical">
          {error.message}
        </p>
      )}
      {isPending && (
        <p role="status" className="label mt-3" data-testid="loading">
          Fetching…
        </p>
      )}
      {data && <Found person={data} />}
    </>
  )
}

function Found({ person }: { person: Person }) {
  const [wanted, setBot] = useFilter('bot')
  const pairs = person.relationships
  const pair = pairs.find((one) => one.bot === wanted) ?? pairs[0]
  return (
    <>
      {pairs.length > 1 && (
        <div className="mt-3">
          <Choice
            label="Bot"
            value={pair?.bot ?? ''}
            options={pairs.map(({ bot }) => [bot, name(bot, 30)] as const)}
            onChange={setBot}
          />
        </div>
      )}
      {pair && <Standing key={pair.bot} pair={pair} />}
      <div className="mt-4 grid items-start gap-4 lg:grid-cols-2">
        <Rhythm person={person} />
        <Felt emotions={person.emotions} />
      </div>
      <Talks talks={person.conversations} total={person.total} user={person.user} />
    </>
  )
}

function Rhythm({ person }: { person: Person }) {
  const { streak, days, hours } = person
  return (
    <section className="card min-w-0 p-4 sm:p-5" aria-labelledby="rhythm">
      <h2 id="rhythm" className="head">
        When they talk
      </h2>
      <dl className="mt-2 flex gap-8">
        <Days word="in a row until now" days={streak.current} />
        <Days word="in a row at most" days={streak.longest} />
      </dl>
      <h3 className="label mt-3 mb-1">By weekday and hour</h3>
      <WeekHours hours={hours} />
      <h3 className="label mt-3 mb-1">Day by day, eighteen weeks, Monday on top</h3>
      <DayStrip days={days} until={today()} />
    </section>
  )
}

function Days({ word, days }: { word: string; days: number }) {
  return (
    <div>
      <dd className="text-xl leading-tight font-semibold">
        {days} {days === 1 ? 'day' : 'days'}
      </dd>
      <dt className="label">{word}</dt>
    </div>
  )
}

/** Today as 2026-11-26, in the time zone that the days were asked in. */
function today(): string {
  const now = new Date()
  const two = (value: number) => String(value).padStart(2, '0')
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
}

function Felt({ emotions }: { emotions: Record<string, number> }) {
  const found = Object.entries(emotions).toSorted(([, a], [, b]) => b - a)
  const most = found[0]?.[1] ?? 1
  return (
    <section className="card min-w-0 p-4 sm:p-5" aria-labelledby="moods">
      <h2 id="moods" className="head">
        What they felt
      </h2>
      <p className="label">Turns by what was felt most in their conversations</p>
      {found.length === 0 && <p className="label mt-2">Nothing was read yet.</p>}
      <ul className="mt-3 grid gap-1.5">
        {found.slice(0, 12).map(([emotion, turns]) => (
          <li key={emotion} className="grid grid-cols-[9rem_minmax(0,1fr)_3rem] items-center gap-2">
            <Feeling emotion={emotion} />
            <span className="bar" aria-hidden="true">
              <i style={{ width: `${(100 * turns) / most}%` }} />
            </span>
            <span className="text-right text-sm font-medium">{count(turns)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

interface TalksProps {
  talks: Conversation[]
  total: number
  user: string
}

function Talks({ talks, total, user }: TalksProps) {
  return (
    <section className="mt-6" aria-labelledby="talks">
      <div className="flex flex-wrap items-baseline justify-between gap-3">
        <h2 id="talks" className="head">
          Conversations
        </h2>
        <Link
          href={`/conversations?user=${encodeURIComponent(user)}`}
          className="text-sm text-accent underline underline-offset-4"
        >
          All {count(total)}
        </Link>
      </div>
      <div className="mt-2">
        <Rows caption="The newest conversations" heads={HEADS}>
          {talks.map((talk) => (
            <LinkedRow
              key={`${talk.session}\n${talk.bot}\n${talk.started}`}
              href={talkLink(talk)}
              title={name(talk.session)}
            >
              <td className="px-2 py-2">{score100(talk.quality)}</td>
              <td className="px-2 py-2 max-sm:hidden">
                {talk.emotion && <Feeling emotion={talk.emotion} />}
              </td>
              <td className="px-2 py-2 text-right max-sm:hidden">{talk.turns}</td>
              <td className="label px-3 py-2 text-right sm:px-4">{when(epoch(talk.ended))}</td>
            </LinkedRow>
          ))}
        </Rows>
      </div>
    </section>
  )
}

const HEADS: [string, string][] = [
  ['Session', ''],
  ['Quality', 'w-20'],
  ['Felt most', 'w-36 max-sm:hidden'],
  ['Turns', 'w-16 text-right max-sm:hidden'],
  ['When', 'w-32 text-right'],
]
