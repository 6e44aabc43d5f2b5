// The frame around every page: rail, top bar, and the page.
import { useSyncExternalStore, type ReactNode } from 'react'
import { Link } from 'wouter'
import { Account } from './Account'
import { ConnectionDot } from './ConnectionDot'
import { Logo } from './icons'
import { liveConnection } from '../stream/connection'
import { Nav } from './Nav'
import { Search } from './Search'
import { ThemeToggle } from './ThemeToggle'

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
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[212px_minmax(0,1fr)]">
      <a
        href="#page"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-lg focus:bg-card focus:p-3"
      >
        Skip to the page
      </a>
      <Nav />
      <div className="min-w-0 border-line pb-20 lg:border-l lg:pb-10">
        <header className="sticky top-0 z-20 flex items-center gap-3 bg-paper/90 px-4 py-3 backdrop-blur lg:px-8">
          <Link href="/" className="lg:hidden" aria-label="Roomtone, to Pulse">
            <Logo />
          </Link>
          <Search />
          <div className="ml-auto flex items-center gap-2">
            <ConnectionDot />
            <Account />
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
