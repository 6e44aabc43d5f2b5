// What a bot would recall of a person for a question: tried out, with nearness, tiers and time.
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { decimal, millis, name, percent, words } from '../lib/format'
import { fetchRecall, MEMORIES, TIERS, tierWord, type Recall } from '../lib/memories'
import { Text } from '../panels/Text'
import type { Tier } from '../wire'

interface Props {
  user: string
  bots: string[]
  /** The one that is chosen on the page; empty for all. */
  bot: string
}

export function RecallBox({ user, bots, bot }: Props) {
  const [own, setOwn] = useState('')
  const [text, setText] = useState('')
  const [asked, setAsked] = useState('')
  const whose = bot || own || bots[0] || ''
  const { data, error, isFetching } = useQuery({
    queryKey: [...MEMORIES, 'recall', whose, user, asked],
    queryFn: () => fetchRecall(whose, user, asked),
    enabled: asked !== '' && whose !== '',
    staleTime: 0,
  })
  const ask = (event: FormEvent) => {
    event.preventDefault()
    setAsked(text.trim())
  }
  return (
    <section className="card min-w-0 p-4" aria-labelledby="recall">
      <h2 id="recall" className="head">
        What would be recalled
      </h2>
      <p className="label">Only a look: nothing counts as recalled.</p>
      <form className="mt-2 flex flex-wrap items-end gap-2" role="search" onSubmit={ask}>
        {!bot && bots.length > 1 && (
          <label className="grid gap-1">
            <span className="label">By</span>
            <select
              className="field"
              value={whose}
              onChange={(event) => setOwn(event.target.value)}
            >
              {bots.map((one) => (
                <option key={one} value={one}>
                  {name(one, 30)}
                </option>
              ))}
            </select>
          </label>
        )}
        <label className="grid min-w-0 flex-1 basis-48 gap-1">
          <span className="label">If {name(user, 30)} said</span>
          <input
            type="search"
            className="field w-full"
            maxLength={8_000}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <button type="submit" className="btn" disabled={text.trim() === '' || whose === ''}>
          Look
        </button>
      </form>
      {error && (
        <p role="status" className="mt-2 text-sm text-critical">
          {error.message}
        </p>
      )}
      {isFetching && (
        <p role="status" className="label mt-2">
          Looking…
        </p>
      )}
      {data && !isFetching && !error && <Answer recall={data} />}
    </section>
  )
}

function Answer({ recall }: { recall: Recall }) {
  const { memories, tiers, took_ms, mood, embedding } = recall
  const weighed = (Object.keys(TIERS) as Tier[]).filter((one) => (tiers[one] ?? 0) > 0)
  return (
    <div className="mt-3" data-testid="recalled">
      <p role="status" className="text-sm">
        {memories.length === 0 ? 'Nothing would be recalled' : `${memories.length} recalled`} in{' '}
        {millis(took_ms)}
        {weighed.length > 0 &&
          `, weighed: ${weighed.map((one) => `${tiers[one]} ${tierWord(one)}`).join(', ')}`}
      </p>
      <ol className="mt-2 grid gap-3">
        {memories.map(({ memory, similarity, score, why }) => (
          <li key={memory.id} className="border-t border-line pt-2">
            <p className="flex items-center gap-2 text-sm">
              <span className="origin">{tierWord(memory.tier)}</span>
              <span className="bar w-16" aria-hidden="true">
                <i style={{ width: `${100 * Math.max(0, Math.min(1, similarity))}%` }} />
              </span>
              <span>
                near {decimal(similarity)}, counts {decimal(score)}
              </span>
            </p>
            <div className="mt-1">
              <Text text={memory.content} folded={200} />
            </div>
            {why && <p className="label">{name(why, 300)}</p>}
          </li>
        ))}
      </ol>
      <p className="label mt-3">
        {mood.query && `It feels like ${words(mood.query, 24)}`}
        {mood.query &&
          mood.congruent !== null &&
          `: ${percent(mood.congruent)} of what is recalled is on that side`}
        {mood.query && '. '}
        Vectors: {name(embedding, 60)}
      </p>
    </div>
  )
}
