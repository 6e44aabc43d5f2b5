// The way to every page: a rail on wide screens, a bar below with the rest behind one button on phones.
import { useRef, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { count } from '../lib/format'
import { useReactionSummary } from '../lib/reactions'
import {
  AlertIcon,
  CompareIcon,
  ConversationsIcon,
  DataIcon,
  IngestIcon,
  Logo,
  MoreIcon,
  PeopleIcon,
  PulseIcon,
  ReactionsIcon,
  ServerIcon,
} from './icons'

interface Place {
  to: string
  word: string
  icon: ReactNode
  /** The pages that belong to it. */
  under: string[]
}

const FIRST: Place[] = [
  { to: '/', word: 'Pulse', icon: <PulseIcon />, under: ['/live', '/replay'] },
  { to: '/alerts', word: 'Alerts', icon: <AlertIcon />, under: [] },
  {
    to: '/conversations',
    word: 'Conversations',
    icon: <ConversationsIcon />,
    under: ['/conversations/'],
  },
  { to: '/people', word: 'People', icon: <PeopleIcon />, under: ['/people/'] },
]

const REVIEWED = '/reactions'

/** What a phone's bar has no room for. */
const REST: Place[] = [
  { to: REVIEWED, word: 'Reactions', icon: <ReactionsIcon />, under: [] },
  { to: '/data', word: 'Data', icon: <DataIcon />, under: [] },
  { to: '/compare', word: 'Compare', icon: <CompareIcon />, under: [] },
  { to: '/ingest', word: 'Ingest', icon: <IngestIcon />, under: [] },
  { to: '/server', word: 'Server', icon: <ServerIcon />, under: [] },
]

const ITEM =
  'flex flex-auto flex-col items-center gap-0.5 py-2 text-xs whitespace-nowrap lg:flex-none lg:flex-row lg:gap-3 lg:rounded-xl lg:px-3 lg:text-[15px]'
const CURRENT = 'font-semibold text-accent lg:bg-card lg:text-ink lg:shadow-xs'
const OTHER = 'text-soft hover:text-ink'

export function Nav() {
  const [here] = useLocation()
  const { data } = useReactionSummary(30_000)
  const asked = data?.needs_review ?? 0
  const rest = useRef<HTMLDivElement>(null)
  const isHere = ({ to, under }: Place) =>
    here === to || under.some((start) => here.startsWith(start))
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-card lg:sticky lg:top-0 lg:h-dvh lg:flex-col lg:gap-1 lg:border-t-0 lg:bg-transparent lg:p-4"
    >
      <Link href="/" className="mb-6 hidden items-center gap-3 px-2 py-1 lg:flex">
        <Logo />
        <span className="text-lg font-semibold tracking-tight">Roomtone</span>
      </Link>
      {FIRST.map((place) => (
        <Item key={place.to} place={place} current={isHere(place)} look={ITEM} />
      ))}
      {REST.map((place) => (
        <Item
          key={place.to}
          place={place}
          current={isHere(place)}
          asked={place.to === REVIEWED ? asked : 0}
          look={`${ITEM} max-lg:hidden`}
        />
      ))}
      <button
        type="button"
        popoverTarget="more"
        className={`${ITEM} lg:hidden ${REST.some(isHere) ? CURRENT : OTHER}`}
      >
        <MoreIcon />
        More
      </button>
      <div
        id="more"
        ref={rest}
        popover="auto"
        className="card fixed inset-auto right-2 bottom-16 min-w-40 p-1 text-ink"
      >
        {REST.map((place) => (
          <Item
            key={place.to}
            place={place}
            current={isHere(place)}
            asked={place.to === REVIEWED ? asked : 0}
            look="flex items-center gap-3 rounded-xl px-3 py-2.5"
            go={() => rest.current?.hidePopover()}
          />
        ))}
      </div>
    </nav>
  )
}

interface ItemProps {
  place: Place
  current: boolean
  /** How many there wait for a person. */
  asked?: number
  look: string
  go?: () => void
}

function Item({ place: { to, word, icon }, current, asked = 0, look, go }: ItemProps) {
  return (
    <Link
      href={to}
      aria-current={current ? 'page' : undefined}
      className={`${look} ${current ? CURRENT : OTHER}`}
      onClick={go}
    >
      {icon}
      {word}
      {asked > 0 && (
        <span
          className="ml-auto rounded-full bg-accent px-2 text-xs leading-5 font-semibold text-[var(--on-accent)]"
          data-testid="asked"
        >
          {count(asked)}
          <span className="sr-only"> need review</span>
        </span>
      )}
    </Link>
  )
}
