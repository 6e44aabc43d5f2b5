// How the judging of reactions stands: backlog, agreement, meanings, cost, and what hinders it.
import type { ReactNode } from 'react'
import { Confusion } from '../charts/Confusion'
import { count, decimal, name, percent, roughly, words } from '../lib/format'
import { agreement, interval, LOOKS, MEANINGS, type ReactionSummary } from '../lib/reactions'
import { MeaningWord } from '../panels/Meaning'

export function ReactionNumbers({ summary }: { summary: ReactionSummary }) {
  return (
    <div className="grid min-w-0 items-start gap-4 md:grid-cols-2 xl:grid-cols-1">
      <Backlog summary={summary} />
      <Agreement summary={summary} />
      <Meanings summary={summary} />
      <Cost summary={summary} />
    </div>
  )
}

function Part({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <section className="card min-w-0 p-4" aria-labelledby={id}>
      <h2 id={id} className="head">
        {title}
      </h2>
      {children}
    </section>
  )
}

function Figure({ word, value }: { word: string; value: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-3">
      <dt className="label">{word}</dt>
      <dd className="text-right font-semibold">{value}</dd>
    </div>
  )
}

function Backlog({ summary }: { summary: ReactionSummary }) {
  const { waiting, waiting_for_target, needs_review, oldest_s, unanswered, trouble, judge } =
    summary
  const lost = Object.entries(unanswered).filter(([, many]) => many > 0)
  return (
    <Part id="backlog" title="Backlog">
      {trouble && (
        <p
          role="status"
          className="tone-warning mt-2 rounded-lg px-3 py-2 text-sm"
          style={{ background: 'var(--wash)', color: 'var(--tone)' }}
        >
          {name(trouble, 400)}
        </p>
      )}
      <dl className="mt-2 grid gap-1">
        <Figure word="need review" value={count(needs_review)} />
        <Figure word="wait for the model" value={count(waiting)} />
        {waiting_for_target > 0 && (
          <Figure word="of these, for their message" value={count(waiting_for_target)} />
        )}
        {oldest_s !== null && waiting > 0 && (
          <Figure word="the oldest waits for" value={roughly(oldest_s)} />
        )}
        {lost.map(([why, many]) => (
          <Figure key={why} word={`not answered: ${words(why, 40)}`} value={count(many)} />
        ))}
        {judge && <Figure word="judged by" value={name(judge, 60)} />}
      </dl>
    </Part>
  )
}

function Agreement({ summary: { confusion } }: { summary: ReactionSummary }) {
  const { agreed, said, unsure } = agreement(confusion)
  const range = interval(agreed, said)
  return (
    <Part id="agreement" title="People and model">
      {said + unsure === 0 ? (
        <p className="label mt-2">No person has said a meaning yet.</p>
      ) : (
        <>
          <p className="mt-1" data-testid="accuracy">
            <span className="text-2xl leading-tight font-semibold">
              {percent(range && agreed / said)}
            </span>{' '}
            <span className="label">
              {range
                ? `agree: ${agreed} of ${said} where the model had said a meaning (95 % interval ${percent(range[0])} to ${percent(range[1])})`
                : 'agree: the model had said no meaning yet'}
            </span>
          </p>
          <p className="label mt-1 mb-2">
            {unsure > 0 && `Of ${unsure}${said > 0 ? ' more' : ''} it was unsure. `}
            People look at the least sure first, so this is not how it does on all.
          </p>
          <Confusion cells={confusion} />
        </>
      )}
    </Part>
  )
}

function Meanings({ summary: { meanings, states } }: { summary: ReactionSummary }) {
  const most = Math.max(1, ...MEANINGS.map((one) => meanings[one] ?? 0))
  return (
    <Part id="meanings" title="What they mean">
      <p className="label">
        {count(states.judged ?? 0)} by the model’s word, {count(states.reviewed ?? 0)} by a person’s
      </p>
      <ul className="mt-2 grid gap-1.5">
        {MEANINGS.map((one) => (
          <li
            key={one}
            className="grid grid-cols-[8.5rem_minmax(0,1fr)_3rem] items-center gap-2 text-sm"
          >
            <MeaningWord meaning={one} />
            <span className="bar" aria-hidden="true">
              <i
                style={{
                  width: `${(100 * (meanings[one] ?? 0)) / most}%`,
                  background: `var(${LOOKS[one].color})`,
                }}
              />
            </span>
            <span className="text-right font-medium">{count(meanings[one] ?? 0)}</span>
          </li>
        ))}
      </ul>
    </Part>
  )
}

const AVOIDED: Record<string, string> = {
  batched: 'asked together with others',
  removed: 'taken back before',
  known: 'known already',
}

function Cost({ summary: { cost } }: { summary: ReactionSummary }) {
  const { today, total } = cost
  return (
    <Part id="cost" title="Cost">
      {cost.capped && (
        <p
          role="status"
          className="tone-warning mt-2 rounded-lg px-3 py-2 text-sm"
          style={{ background: 'var(--wash)', color: 'var(--tone)' }}
        >
          Today’s cap is reached; the rest waits until midnight UTC.
        </p>
      )}
      <table className="mt-2 w-full text-right text-sm">
        <caption className="sr-only">What asking the model cost</caption>
        <thead className="label">
          <tr>
            <th scope="col" className="sr-only">
              what
            </th>
            <th scope="col" className="font-medium">
              today
            </th>
            <th scope="col" className="font-medium">
              in all
            </th>
          </tr>
        </thead>
        <tbody>
          <Spent word="calls" values={[count(today.calls), count(total.calls)]} />
          <Spent
            word="tokens"
            values={[
              count(today.tokens_in + today.tokens_out),
              count(total.tokens_in + total.tokens_out),
            ]}
          />
          <Spent word="money" values={[money(today.money), money(total.money)]} />
        </tbody>
      </table>
      <dl className="mt-2 grid gap-1 border-t border-line pt-2">
        <Figure word="calls avoided" value={count(cost.calls_avoided)} />
        {Object.entries(cost.avoided).map(([how, many]) => (
          <Figure key={how} word={AVOIDED[how] ?? words(how, 40)} value={count(many)} />
        ))}
        {cost.cap_calls > 0 && <Figure word="most calls a day" value={count(cost.cap_calls)} />}
        {cost.cap_money > 0 && <Figure word="most money a day" value={money(cost.cap_money)} />}
      </dl>
    </Part>
  )
}

function Spent({ word, values }: { word: string; values: string[] }) {
  return (
    <tr>
      <th scope="row" className="label text-left font-normal">
        {word}
      </th>
      {values.map((value, i) => (
        <td key={i} className="font-semibold">
          {value}
        </td>
      ))}
    </tr>
  )
}

/** In the currency of the prices that are set; small sums keep their digits. */
function money(value: number): string {
  return value !== 0 && Math.abs(value) < 1 ? value.toPrecision(2) : decimal(value)
}
