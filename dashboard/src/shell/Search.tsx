// Find a session by its name: `/` jumps here, arrows choose, Enter goes there.
import { useQuery } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react'
import { useLocation } from 'wouter'
import { fetchSessions } from '../lib/api'
import { name, score100 } from '../lib/format'
import { liveLink, replayLink } from '../lib/links'
import { SearchIcon } from './icons'

const SHOWN = 8

export function Search() {
  const [text, setText] = useState('')
  const [open, setOpen] = useState(false)
  const [chosen, setChosen] = useState(0)
  const [, navigate] = useLocation()
  const input = useRef<HTMLInputElement>(null)
  const list = useId()
  const { data } = useQuery({
    queryKey: ['sessions', 'all'],
    queryFn: () => fetchSessions({ limit: 500 }),
    enabled: open,
  })

  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      const target = event.target as HTMLElement
      if (event.key !== '/' || event.ctrlKey || event.metaKey) return
      if (target.closest('input, textarea, select, [contenteditable]')) return
      event.preventDefault()
      input.current?.focus()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])

  const wanted = text.trim().toLowerCase()
  const found = (data?.data ?? [])
    .filter((one) => one.session.toLowerCase().includes(wanted))
    .slice(0, SHOWN)

  const go = (index: number) => {
    const session = found[index]
    if (!session) return
    navigate(session.state === 'live' ? liveLink(session.session) : replayLink(session.session))
    setOpen(false)
    setText('')
    input.current?.blur()
  }

  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setChosen(Math.min(chosen + 1, found.length - 1))
    else if (event.key === 'ArrowUp') setChosen(Math.max(chosen - 1, 0))
    else if (event.key === 'Enter') go(chosen)
    else if (event.key === 'Escape') input.current?.blur()
    else return
    event.preventDefault()
  }

  return (
    <div className="relative w-full max-w-sm min-w-0">
      <span className="pointer-events-none absolute top-2 left-3 text-soft">
        <SearchIcon />
      </span>
      <input
        ref={input}
        type="search"
        role="combobox"
        className="field w-full pr-9 pl-10"
        placeholder="Find a session"
        aria-label="Find a session"
        aria-expanded={open}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={open && found[chosen] ? `${list}-${chosen}` : undefined}
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          setChosen(0)
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKey}
      />
      {!open && (
        <kbd className="pointer-events-none absolute top-1.5 right-2.5 rounded-md border border-line px-1.5 font-mono text-xs leading-5 text-soft max-sm:hidden">
          /
        </kbd>
      )}
      <div
        id={list}
        role="listbox"
        aria-label="Sessions"
        hidden={!open}
        className="card absolute top-11 z-30 w-full overflow-hidden p-1"
      >
        {found.map((session, i) => (
          <div
            key={session.session}
            id={`${list}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen}
            className={`flex justify-between gap-3 rounded-lg px-3 py-2 ${i === chosen ? 'bg-sunken' : ''}`}
            onMouseEnter={() => setChosen(i)}
            onMouseDown={(event) => {
              event.preventDefault()
              go(i)
            }}
          >
            <span className="truncate">{name(session.session)}</span>
            <span className="label whitespace-nowrap">
              {session.state === 'live' ? score100(session.score) : session.state}
            </span>
          </div>
        ))}
        {found.length === 0 && (
          <div role="option" aria-selected={false} aria-disabled="true" className="label px-3 py-2">
            No session of that name
          </div>
        )}
      </div>
    </div>
  )
}
