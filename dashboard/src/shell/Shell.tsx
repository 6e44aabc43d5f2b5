// The frame around every page: rail, top bar, and the page.
import { useSyncExternalStore, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { ConnectionDot } from './ConnectionDot'
import { AlertIcon, IngestIcon, Logo, PulseIcon, ServerIcon } from './icons'
import { liveConnection } from '../stream/connection'
import { Search } from './Search'
import { ThemeToggle } from './ThemeToggle'

const PLACES = [
  { to: '/', word: 'Pulse', icon: <PulseIcon />, under: ['/live', '/replay'] },
  { to: '/alerts', word: 'Alerts', icon: <AlertIcon />, under: [] },
  { to: '/ingest', word: 'Ingest', icon: <IngestIcon />, under: [] },
  { to: '/server', word: 'Server', icon: <ServerIcon />, under: [] },
]

function Problem() {
  const connection = liveConnection()
  const { problem } = useSyncExternalStore(connection.watchState, connection.getState)
  if (!problem) return null
  return (
    <p role="status" className="mx-4 mb-2 rounded-xl bg-sunken px-4 py-2 text-sm lg:mx-8">
      The live line: {problem}
    </p>
  )
}

export function Shell({ children }: { children: ReactNode }) {
  const [here] = useLocation()
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[212px_minmax(0,1fr)]">
      <a
        href="#page"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-card focus:p-3"
      >
        Skip to the page
      </a>
      <nav
        aria-label="Main"
        className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-card lg:sticky lg:top-0 lg:h-dvh lg:flex-col lg:gap-1 lg:border-t-0 lg:bg-transparent lg:p-4"
      >
        <Link href="/" className="mb-6 hidden items-center gap-3 px-2 py-1 lg:flex">
          <Logo />
          <span className="text-lg font-semibold tracking-tight">Roomtone</span>
        </Link>
        {PLACES.map(({ to, word, icon, under }) => {
          const current = here === to || under.some((start) => here.startsWith(start))
          return (
            <Link
              key={to}
              href={to}
              aria-current={current ? 'page' : undefined}
              className={`flex flex-1 flex-col items-center gap-0.5 py-2 text-xs lg:flex-none lg:flex-row lg:gap-3 lg:rounded-xl lg:px-3 lg:text-[15px] ${
                current
                  ? 'font-semibold text-accent lg:bg-card lg:text-ink lg:shadow-xs'
                  : 'text-soft hover:text-ink'
              }`}
            >
              {icon}
              {word}
            </Link>
          )
        })}
      </nav>
      <div className="min-w-0 border-line pb-20 lg:border-l lg:pb-10">
        <header className="sticky top-0 z-20 flex items-center gap-3 bg-paper/90 px-4 py-3 backdrop-blur lg:px-8">
          <Link href="/" className="lg:hidden" aria-label="Roomtone, to Pulse">
            <Logo />
          </Link>
          <Search />
          <div className="ml-auto flex items-center gap-2">
            <ConnectionDot />
            <ThemeToggle />
          </div>
        </header>
        <Problem />
        <main id="page" className="mx-auto max-w-[1360px] px-4 lg:px-8">
          {children}
        </main>
      </div>
    </div>
  )
}
