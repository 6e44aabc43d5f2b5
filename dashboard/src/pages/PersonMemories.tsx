// What bots remember of a person: by tier, found by words, corrected, hidden, verified or deleted.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { TierBars } from '../charts/TierBars'
import { name } from '../lib/format'
import { useDebounced } from '../lib/hooks'
import { fetchMemories, MEMORIES, tierWord, type Memories } from '../lib/memories'
import { useFilter, useOffset } from '../lib/offset'
import { MemoryCard } from '../panels/MemoryCard'
import { Filter } from './Filter'
import { Pager } from './Pager'
import { RecallBox } from './RecallBox'
import { Search } from './Search'
import { Snippet } from './Snippet'

const SIZE = 20

export function PersonMemories({ user }: { user: string }) {
  const [bot, setBot] = useFilter('bot')
  const [tier, setTier] = useFilter('tier')
  const [hidden, setHidden] = useFilter('hidden')
  const [search, setSearch] = useFilter('search')
  const [start, go] = useOffset()
  const [news, setNews] = useState('')
  const all = useRef<HTMLDivElement>(null)
  const asked = useDebounced(search.trim(), 200)
  const { data, error, isPending, isPlaceholderData } = useQuery({
    queryKey: [...MEMORIES, 'list', user, bot, tier, hidden, asked, start],
    queryFn: () =>
      fetchMemories({ user, bot, tier, hidden, search: asked, offset: start, limit: SIZE }),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  })
  const filtered = Boolean(bot || tier || hidden || asked || start)
  const none = data?.total === 0 && !filtered && !isPlaceholderData
  // Of all bots that remember anybody, those that remember this person come first.
  const bots = [
    ...new Set([...(data?.memories ?? []).map((one) => one.bot), ...Object.keys(data?.bots ?? {})]),
  ]
  return (
    <div className="mt-4" ref={all} tabIndex={-1} data-testid="memories">
      <p role="status" className="label min-h-5" data-testid="news">
        {news}
      </p>
      {error && (
        <p role="status" className="mb-3 text-critical">
          {error.message}
        </p>
      )}
      {isPending && (
        <p role="status" className="label">
          Asking…
        </p>
      )}
      {none && <NoMemory user={user} />}
      {data && !none && (
        <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_24rem]">
          <div className="min-w-0 max-xl:order-2">
            <div className="flex flex-wrap items-end gap-3" role="search" aria-label="Memories">
              <Search label="Text" value={search} onChange={setSearch} wide="w-52" />
              <Filter
                label="Bot"
                value={bot}
                onChange={setBot}
                options={bots.map((one) => [one, name(one, 40)])}
              />
              <Filter
                label="Recalled"
                value={hidden}
                onChange={setHidden}
                options={[
                  ['false', 'not hidden'],
                  ['true', 'hidden'],
                ]}
              />
              {tier && (
                <button type="button" className="btn" onClick={() => setTier('')}>
                  {tierWord(tier)} <span aria-hidden="true">✕</span>
                  <span className="sr-only">: show all tiers</span>
                </button>
              )}
            </div>
            <List data={data} tell={setNews} gone={() => all.current?.focus()} />
            <Pager
              offset={start}
              shown={data.memories.length}
              total={data.total}
              size={SIZE}
              go={go}
            />
          </div>
          <div className="grid min-w-0 gap-4 max-xl:order-1">
            <section className="card min-w-0 p-4" aria-labelledby="tiers">
              <h2 id="tiers" className="head mb-1">
                Kept for how long
              </h2>
              <TierBars counts={data.tiers} chosen={tier} choose={setTier} />
            </section>
            <RecallBox user={user} bots={bots} bot={bot} />
          </div>
        </div>
      )}
    </div>
  )
}

interface ListProps {
  data: Memories
  tell: (news: string) => void
  gone: () => void
}

function List({ data, tell, gone }: ListProps) {
  return (
    <section aria-labelledby="kept" className="mt-4">
      <h2 id="kept" className="head">
        {data.total === 1 ? '1 memory' : `${data.total} memories`}, the one said last first
      </h2>
      {data.memories.length === 0 && (
        <p className="card mt-1 p-5 text-soft">No such memory. Widen the search or the choices.</p>
      )}
      <ul className="mt-1 grid grid-cols-[minmax(0,1fr)] gap-3">
        {data.memories.map((memory) => (
          <li key={memory.id}>
            <MemoryCard memory={memory} tell={tell} gone={gone} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function NoMemory({ user }: { user: string }) {
  const { origin } = window.location
  const memory = JSON.stringify({ bot: 'luna', user, content: 'my dog is called Rex' })
  // A name with a quote would end the shell's string.
  const body = memory.replaceAll("'", "'\\''")
  return (
    <section aria-labelledby="no-memory" data-testid="no-memory">
      <h2 id="no-memory" className="text-soft">
        No bot remembers anything of {name(user, 40)}. Every turn that is recorded leaves a memory,
        and so does a reaction that names its bot; or tell one yourself:
      </h2>
      <div className="mt-4 grid max-w-4xl grid-cols-[minmax(0,1fr)] gap-4">
        <Snippet
          title="With curl"
          text={`curl ${origin}/v1/memories \\\n  -H 'content-type: application/json' \\\n  -d '${body}'`}
        />
      </div>
    </section>
  )
}
