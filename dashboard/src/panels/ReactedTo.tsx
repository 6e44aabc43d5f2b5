// A reaction with the talk around it: the emoji large, what was said before, the reply, what came after.
import { Link } from 'wouter'
import { epoch, name, roughly, when, words } from '../lib/format'
import { conversationLink, personLink } from '../lib/links'
import type { Reacted } from '../lib/reactions'
import type { Line } from '../wire'
import { Holds } from './Meaning'
import { Text } from './Text'

const FOLDED = 400

export function ReactedTo({ reaction }: { reaction: Reacted }) {
  const { emoji, before, after, reply, target_is } = reaction
  return (
    <>
      <div className="flex items-center gap-4">
        <p className="text-6xl leading-tight" aria-hidden="true" data-testid="emoji">
          {name(emoji, 20)}
        </p>
        <div className="grid min-w-0 gap-1">
          <Holds reaction={reaction} />
          <p className="text-sm text-soft">
            <Who user={reaction.user} bot={reaction.bot} /> on {whose(reaction)}
            {reaction.latency_s !== null && `, ${roughly(reaction.latency_s)} later`}
          </p>
          <p className="label">
            <Place reaction={reaction} /> · {words(reaction.type.toLowerCase(), 40)}
            {reaction.weight !== null && reaction.weight < 0.5 && (
              <span title="this person gives this emoji to much; it says less">
                {' '}
                · gives it often
              </span>
            )}
          </p>
        </div>
      </div>
      <ol className="mt-4 grid gap-1.5" aria-label="What was said around it">
        {before.map((line, i) => (
          <Turn key={`b${i}`} line={line} reaction={reaction} />
        ))}
        <li
          className="rounded-xl border-l-4 bg-sunken px-3 py-2"
          style={{ borderColor: 'var(--accent)' }}
          data-testid="reply"
        >
          <p className="flex flex-wrap items-baseline gap-x-2">
            <span className="text-sm font-semibold">
              {target_is === '' ? 'Not known whose' : speaker(target_is, reaction)}
            </span>
            <span className="label">reacted to with {name(emoji, 20)}</span>
          </p>
          {reply === null ? (
            <p className="label">The message that was reacted to is not known.</p>
          ) : (
            <Text text={reply} folded={FOLDED} />
          )}
        </li>
        {after.length > 0 && <li className="label pt-1">Said later</li>}
        {after.map((line, i) => (
          <Turn key={`a${i}`} line={line} reaction={reaction} />
        ))}
      </ol>
    </>
  )
}

function Turn({ line, reaction }: { line: Line; reaction: Reacted }) {
  return (
    <li className="px-3 py-0.5">
      <p className="label font-medium">{speaker(line.who, reaction)}</p>
      <Text text={line.text} folded={FOLDED} />
    </li>
  )
}

function speaker(who: Line['who'], { bot, user }: Reacted): string {
  if (who === 'bot') return name(bot || 'the bot', 40)
  return who === 'user' ? name(user || 'somebody', 40) : 'somebody else'
}

function whose({ target_is, bot }: Reacted): string {
  if (target_is === 'bot') return `a reply of ${name(bot || 'the bot', 40)}`
  if (target_is === 'user') return 'a message of their own'
  return target_is === 'other' ? 'somebody else’s message' : 'a message that is not known'
}

const LINK = 'text-accent underline underline-offset-4'

function Who({ user, bot }: { user: string; bot: string }) {
  if (!user) return <>Somebody</>
  return (
    <Link href={personLink(user, bot)} className={LINK}>
      {name(user, 40)}
    </Link>
  )
}

function Place({ reaction: { session, target, at } }: { reaction: Reacted }) {
  const time = <time dateTime={at}>{when(epoch(at))}</time>
  if (!target) return time
  return (
    <Link href={conversationLink(session, { from: 'all', turn: target })} className={LINK}>
      {time}
      <span className="sr-only">: the turn in its conversation</span>
    </Link>
  )
}
