// The reviewer's queue: which reaction is at hand, what was said, what came back, what was refused.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { ApiError } from '../lib/api'
import { name } from '../lib/format'
import {
  fetchReactions,
  likeliest,
  LOOKS,
  REACTIONS,
  review,
  type Reacted,
  type ReactionWord,
} from '../lib/reactions'

const SIZE = 50
const EVERY_MS = 10_000
/** How many of one's own words can be gone back to. */
const REMEMBERED = 50

interface Said {
  before: Reacted
  word: ReactionWord
}

export interface Refused {
  reaction: Reacted
  message: string
}

export interface Queue {
  reactions: Reacted[]
  /** How many need review, with those beyond what was fetched. */
  left: number
  at: Reacted | null
  place: number
  pending: boolean
  error: Error | null
  refused: Refused | null
  /** What happened last, for who cannot see it. */
  news: string
  canUndo: boolean
  say: (word: ReactionWord) => void
  undo: () => void
  move: (step: number) => void
  choose: (id: string) => void
}

export function useReview(): Queue {
  const client = useQueryClient()
  const { data, error, isPending } = useQuery({
    queryKey: [...REACTIONS, 'review'],
    queryFn: () => fetchReactions({ needs_review: 'true', limit: SIZE }),
    refetchInterval: EVERY_MS,
  })
  const [said, setSaid] = useState<Said[]>([])
  const [back, setBack] = useState<Reacted[]>([])
  const [refused, setRefused] = useState<Refused | null>(null)
  const [news, setNews] = useState('')
  const [at, setAt] = useState({ id: '', place: 0 })
  // As the server answered: known at once, also to a key that is pressed before that is drawn.
  const answers = useRef(new Map<string, Reacted>())

  const { mutate } = useMutation({
    mutationFn: ({ before, word }: Said) => review(before.id, word),
    // One after the other: a word that is corrected at once must not overtake the first.
    scope: { id: 'review' },
    networkMode: 'always',
    onSuccess: (answer) => {
      // Brought back, it shows the word that holds.
      answers.current.set(answer.id, answer)
      const [oldest] = answers.current.keys()
      if (answers.current.size > REMEMBERED && oldest) answers.current.delete(oldest)
      setBack((all) => all.map((one) => (one.id === answer.id ? answer : one)))
      // The next word does not wait for what this one changes.
      void client.invalidateQueries({ queryKey: REACTIONS })
    },
    onError: (problem, one) => refuse(problem, one),
  })

  const out = new Set(said.map((one) => one.before.id))
  const mine = new Set(back.map((one) => one.id))
  const listed = (data?.reactions ?? []).filter((one) => !mine.has(one.id))
  const reactions = [...back, ...listed].filter((one) => !out.has(one.id))
  const beyond = Math.max(0, (data?.total ?? 0) - (data?.reactions.length ?? 0))

  // What is at hand stays at hand whatever comes before it: a key must hit what was read.
  let place = reactions.findIndex((one) => one.id === at.id)
  if (place < 0) place = Math.max(0, Math.min(at.place, reactions.length - 1))
  const hand = reactions[place]?.id ?? ''
  if (hand !== at.id || place !== at.place) setAt({ id: hand, place })
  const here = reactions[place] ?? null

  function choose(id: string) {
    setAt((now) => ({ ...now, id }))
  }

  function refuse(problem: Error, { before, word }: Said) {
    // Another word on it, said since, is on its way still.
    setSaid((all) => all.filter((one) => one.word !== word))
    const status = problem instanceof ApiError ? problem.status : 0
    // One that is gone or taken back could only be refused again.
    const stays = status !== 404 && status !== 409
    setBack((all) => {
      const others = all.filter((one) => one.id !== before.id)
      return stays ? [before, ...others] : others
    })
    if (stays) choose(before.id)
    setRefused({ reaction: before, message: problem.message })
    setNews('')
    void client.invalidateQueries({ queryKey: REACTIONS })
  }

  function say(word: ReactionWord) {
    if (!here) return
    setRefused(null)
    setBack((all) => all.filter((one) => one.id !== here.id))
    setSaid((all) => [...all, { before: here, word }].slice(-REMEMBERED))
    choose((reactions[place + 1] ?? reactions[place - 1])?.id ?? '')
    const left = reactions.length - 1 + beyond
    setNews(`${name(here.emoji, 20)}: ${wordOf(word, here)}. ${left === 0 ? 'None' : left} left.`)
    mutate({ before: here, word })
  }

  function undo() {
    const one = said.at(-1)
    if (!one) return
    const { before, word } = one
    const now = answers.current.get(before.id) ?? before
    setSaid((all) => all.slice(0, -1))
    setBack((all) => [now, ...all.filter((each) => each.id !== now.id)])
    choose(before.id)
    setRefused(null)
    const told = wordOf(word, before)
    setNews(`${name(before.emoji, 20)} is back. “${told}” holds until you say something else.`)
  }

  return {
    reactions,
    left: reactions.length + beyond,
    at: here,
    place,
    pending: isPending,
    error,
    refused,
    news,
    canUndo: said.length > 0,
    say,
    undo,
    move: (step) => {
      const next = reactions[place + step]
      if (next) choose(next.id)
    },
    choose,
  }
}

/** A word on a reaction as one says it. */
export function wordOf(word: ReactionWord, reaction: Reacted): string {
  if ('skip' in word) return 'skipped'
  const meaning = 'meaning' in word ? word.meaning : likeliest(reaction.verdict)
  return meaning ? LOOKS[meaning].word.toLowerCase() : 'accepted'
}
