// One memory: what it says, why it is kept for how long, where it comes from, and what was made of it.
import { useMutation, useQueryClient } from '@tanstack/react-query'
import {
  useEffect,
  useRef,
  useState,
  type FormEvent,
  type KeyboardEvent,
  type ReactNode,
} from 'react'
import { Link } from 'wouter'
import { epoch, name, percent, when, words } from '../lib/format'
import { conversationLink } from '../lib/links'
import {
  correctMemory,
  deleteMemory,
  MEMORIES,
  tierWord,
  turnOf,
  without,
  type Kept,
  type Memories,
  type MemoryWord,
} from '../lib/memories'
import { Feeling } from './Feeling'
import { Text } from './Text'

interface Props {
  memory: Kept
  /** What came of it, for who cannot see it. */
  tell: (news: string) => void
  /** It is deleted. */
  gone: () => void
}

export function MemoryCard({ memory, tell, gone }: Props) {
  const client = useQueryClient()
  const [doing, setDoing] = useState<'' | 'correct' | 'delete'>('')
  const card = useRef<HTMLElement>(null)
  // What had the focus goes; it stays with the memory.
  const leave = () => {
    setDoing('')
    card.current?.focus()
  }
  const change = useMutation({
    mutationFn: (word: MemoryWord) => correctMemory(memory.id, word),
    networkMode: 'always',
    onSuccess: (_, word) => {
      if (word.content !== undefined || word.response !== undefined) leave()
      tell(newsOf(word))
      return client.invalidateQueries({ queryKey: MEMORIES })
    },
  })
  const forget = useMutation({
    mutationFn: () => deleteMemory(memory.id),
    networkMode: 'always',
    onSuccess: async () => {
      // An answer on its way from before would bring it back.
      await client.cancelQueries({ queryKey: MEMORIES })
      client.setQueriesData<Memories>({ queryKey: [...MEMORIES, 'list'] }, (old) =>
        without(old, memory.id),
      )
      tell('Deleted. The memory and its vectors are gone for good.')
      gone()
      return client.invalidateQueries({ queryKey: MEMORIES })
    },
  })
  const problem = change.error ?? forget.error
  // What went wrong before is no word on what is tried now.
  const say = (word: MemoryWord) => {
    forget.reset()
    change.mutate(word)
  }
  const drop = () => {
    change.reset()
    forget.mutate()
  }
  const busy = change.isPending || forget.isPending
  return (
    <article
      ref={card}
      tabIndex={-1}
      className={`card min-w-0 p-4 ${memory.hidden || memory.superseded_by ? 'bg-transparent' : ''}`}
      data-testid="memory"
      data-hidden={memory.hidden}
      aria-label={name(memory.content, 60)}
    >
      <Badges memory={memory} />
      {doing === 'correct' ? (
        <Correct memory={memory} busy={busy} save={say} leave={leave} />
      ) : (
        <>
          <div className="mt-2">
            <Text text={own(memory, memory.content)} folded={600} />
          </div>
          {memory.response && (
            <div className="mt-1 border-l-3 border-line pl-2.5 text-soft">
              <span className="label font-medium">
                {isReaction(memory) ? 'read as' : name(memory.bot, 40)}
              </span>
              <Text text={own(memory, memory.response)} folded={300} />
              {isReaction(memory) && memory.context && (
                <>
                  <span className="label font-medium">a reaction to</span>
                  <Text text={memory.context} folded={300} />
                </>
              )}
            </div>
          )}
        </>
      )}
      <p className="mt-2 text-sm">
        <span className="font-medium">Why {tierWord(memory.tier)}: </span>
        {memory.reason ? name(memory.reason, 400) : 'nobody said'}
      </p>
      <Facts memory={memory} />
      {doing === 'delete' ? (
        <Delete busy={busy} yes={drop} no={leave} />
      ) : (
        doing === '' && (
          <div className="mt-3 flex flex-wrap gap-2">
            <button
              type="button"
              className="btn"
              disabled={busy}
              onClick={() => setDoing('correct')}
            >
              Correct
            </button>
            <button
              type="button"
              className="btn"
              aria-pressed={memory.verified}
              disabled={busy}
              onClick={() => say({ verified: !memory.verified })}
            >
              {memory.verified ? '✓ True' : 'It is true'}
            </button>
            <button
              type="button"
              className="btn"
              disabled={busy}
              onClick={() => say({ hidden: !memory.hidden })}
            >
              {memory.hidden ? 'Recall again' : 'Hide from recall'}
            </button>
            <button
              type="button"
              className="btn text-critical"
              disabled={busy}
              onClick={() => setDoing('delete')}
            >
              Delete…
            </button>
          </div>
        )
      )}
      {problem && (
        <p role="alert" className="mt-2 text-sm text-critical">
          It stays as it was: {problem.message}
        </p>
      )}
    </article>
  )
}

const isReaction = ({ interaction_type }: Kept) => interaction_type === 'emoji_reaction'

/** A reaction's memory begins with a tag for programs. */
function own(memory: Kept, text: string): string {
  return isReaction(memory) ? text.replace(/^\[EMO[A-Z_]+\] /, '') : text
}

function newsOf(word: MemoryWord): string {
  if (word.content !== undefined || word.response !== undefined)
    return 'Corrected, and taken to be true.'
  if (word.hidden !== undefined) {
    return word.hidden ? 'Hidden: it is kept, and never recalled.' : 'It is recalled again.'
  }
  return word.verified ? 'Said to be true.' : 'No longer said to be true.'
}

function Badges({ memory }: { memory: Kept }) {
  const kind = memory.interaction_type
  return (
    <p className="flex flex-wrap items-center gap-1.5">
      <span className="origin">{tierWord(memory.tier)}</span>
      {memory.hidden && (
        <span className="origin" data-guess="true" title="kept, and never recalled">
          hidden
        </span>
      )}
      {memory.superseded_by && (
        <span className="origin" data-guess="true" title="something newer holds; not recalled">
          replaced
        </span>
      )}
      {memory.verified && (
        <span className="origin" title="a person says that it is true">
          ✓ verified
        </span>
      )}
      {memory.corrected_at && (
        <span
          className="origin"
          title={`a person changed the text, ${moment(memory.corrected_at)}`}
        >
          corrected
        </span>
      )}
      {kind && kind !== 'conversation' && <span className="origin">{words(kind, 30)}</span>}
      {memory.emotion && (
        <span className="inline-flex items-center gap-1.5" title="read by a model when it was said">
          <Feeling emotion={memory.emotion} />
          {memory.intensity !== null && <span className="label">{percent(memory.intensity)}</span>}
        </span>
      )}
    </p>
  )
}

const moment = (iso: string) => when(epoch(iso))

function Facts({ memory }: { memory: Kept }) {
  const { accesses, used, answered, judged, helped, expires } = memory
  return (
    <p className="label mt-1 flex flex-wrap gap-x-3">
      <From memory={memory} />
      <span>
        {accesses === 0
          ? 'never recalled'
          : `recalled ${times(accesses)}${memory.accessed ? `, last ${moment(memory.accessed)}` : ''}`}
      </span>
      {answered > 0 && (
        <span>
          {used} of {answered === 1 ? '1 answer' : `${answered} answers`} drew on it
        </span>
      )}
      {judged > 0 && <span>{mood(helped / judged)} after it</span>}
      <span>{expires ? `forgotten ${moment(expires)}` : 'kept for good'}</span>
    </p>
  )
}

const times = (many: number) => (many === 1 ? 'once' : `${many} times`)

function mood(mean: number): string {
  if (mean > 0.1) return 'people were more content'
  return mean < -0.1 ? 'people were less content' : 'people were as content'
}

function From({ memory }: { memory: Kept }) {
  const time = <time dateTime={memory.at}>{moment(memory.at)}</time>
  const by = memory.bot ? `${name(memory.bot, 30)}, ` : ''
  if (!memory.session) {
    return (
      <span>
        {by}
        {time}
      </span>
    )
  }
  const turn = turnOf(memory)
  return (
    <Link
      href={conversationLink(memory.session, { from: 'all', turn })}
      className="text-accent underline underline-offset-4"
    >
      {by}
      {time}
      <span className="sr-only">: {turn ? 'the turn' : 'the conversation'} it comes from</span>
    </Link>
  )
}

interface CorrectProps {
  memory: Kept
  busy: boolean
  save: (word: MemoryWord) => void
  leave: () => void
}

function Correct({ memory, busy, save, leave }: CorrectProps) {
  const [content, setContent] = useState(memory.content)
  const [response, setResponse] = useState(memory.response)
  const first = useRef<HTMLTextAreaElement>(null)
  useEffect(() => first.current?.focus(), [])
  const same = content === memory.content && response === memory.response
  const send = (event: FormEvent) => {
    event.preventDefault()
    const word: MemoryWord = {}
    if (content !== memory.content) word.content = content
    if (response !== memory.response) word.response = response
    save(word)
  }
  // As in a dialog.
  const onKeyDown = (event: KeyboardEvent) => event.key === 'Escape' && leave()
  return (
    <form className="mt-2 grid gap-2" onSubmit={send}>
      <Area label="What was said">
        <textarea
          ref={first}
          className="field w-full py-2"
          rows={3}
          onKeyDown={onKeyDown}
          required
          value={content}
          onChange={(event) => setContent(event.target.value)}
        />
      </Area>
      {memory.response && (
        <Area label="What was answered">
          <textarea
            className="field w-full py-2"
            rows={2}
            onKeyDown={onKeyDown}
            value={response}
            onChange={(event) => setResponse(event.target.value)}
          />
        </Area>
      )}
      <div className="flex flex-wrap gap-2">
        <button
          type="submit"
          className="btn btn-main disabled:opacity-60"
          disabled={busy || same || content.trim() === ''}
        >
          Save
        </button>
        <button type="button" className="btn" onClick={leave}>
          Leave it
        </button>
      </div>
    </form>
  )
}

function Area({ label, children }: { label: string; children: ReactNode }) {
  return (
    <label className="grid gap-1">
      <span className="label">{label}</span>
      {children}
    </label>
  )
}

interface DeleteProps {
  busy: boolean
  yes: () => void
  no: () => void
}

function Delete({ busy, yes, no }: DeleteProps) {
  const keep = useRef<HTMLButtonElement>(null)
  useEffect(() => keep.current?.focus(), [])
  return (
    <div
      role="group"
      aria-label="Delete this memory?"
      className="tone-critical mt-3 rounded-xl p-3"
      style={{ background: 'var(--wash)' }}
    >
      <p className="text-sm">
        <strong>Delete it for good?</strong> Its text and vectors go and cannot be brought back. The
        conversation, and the journal for as long as it is kept, still hold what was said.
      </p>
      <div className="mt-2 flex flex-wrap gap-2">
        <button type="button" className="btn text-critical" disabled={busy} onClick={yes}>
          Delete for good
        </button>
        <button ref={keep} type="button" className="btn" disabled={busy} onClick={no}>
          Keep it
        </button>
      </div>
    </div>
  )
}
