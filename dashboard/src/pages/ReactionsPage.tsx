// Reactions: what needs a person's word, how the model does beside it, and all that there were.
import { useParam, useTitle } from '../lib/hooks'
import { useReactionSummary } from '../lib/reactions'
import { Choice } from '../panels/Choice'
import { FirstReaction } from './FirstReaction'
import { ReactionHistory } from './ReactionHistory'
import { ReactionNumbers } from './ReactionNumbers'
import { ReviewQueue } from './ReviewQueue'

const TABS = [
  ['', 'Review'],
  ['history', 'All reactions'],
] as const

export function ReactionsPage() {
  useTitle('Reactions')
  const [tab, setTab] = useParam('tab')
  const { data: summary, error } = useReactionSummary(10_000)
  const all = Object.values(summary?.states ?? {}).reduce((sum, many) => sum + many, 0)
  const none = summary !== undefined && all + summary.waiting === 0
  return (
    <div className="pt-4" data-testid="reactions">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div>
          <h1 className="text-2xl font-semibold tracking-tight">Reactions</h1>
          <p className="mt-1 text-soft">
            What an emoji on a reply meant. A person’s word outweighs the model’s.
          </p>
        </div>
        {!none && <Choice label="Show" value={tab} options={TABS} onChange={setTab} />}
      </div>
      {error && (
        <p role="status" className="mt-4 text-critical">
          {error.message}
        </p>
      )}
      {none ? (
        <div className="mt-4">
          <FirstReaction />
        </div>
      ) : (
        <div className="mt-4">
          {tab === 'history' ? (
            <ReactionHistory />
          ) : (
            <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_21rem]">
              <ReviewQueue />
              {summary && <ReactionNumbers summary={summary} />}
            </div>
          )}
        </div>
      )}
    </div>
  )
}
