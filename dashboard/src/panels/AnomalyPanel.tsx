// The alert at hand: what, how bad, now against expected, its evidence, and a person's verdict.
import { useMutation } from '@tanstack/react-query'
import { judge } from '../lib/api'
import { clock, epoch, measure } from '../lib/format'
import { ALERT_TYPES, SEVERITIES } from '../lib/levels'
import type { Alert, Verdict } from '../wire'
import { Evidence } from './Evidence'
import type { PanelProps, SessionView } from './view'

export function AnomalyPanel({ view }: PanelProps) {
  const chosen = view.alerts.find((alert) => alert.id === view.selected) ?? view.alerts[0] ?? null
  const others = view.alerts.filter((alert) => alert !== chosen)
  return (
    <section className="card p-4 sm:p-5" aria-labelledby="anomaly-head" data-testid="anomaly">
      <h2 id="anomaly-head" className="head">
        {chosen ? 'Noticed' : 'Nothing noticed'}
      </h2>
      {chosen ? (
        <AlertCard key={chosen.id} alert={chosen} view={view} />
      ) : (
        <p className="label mt-1">
          The detectors watch this room. An alert stands here with its reasons when one comes.
        </p>
      )}
      {others.length > 0 && <Others alerts={others} view={view} />}
    </section>
  )
}

function AlertCard({ alert, view }: { alert: Alert; view: SessionView }) {
  const severity = SEVERITIES[alert.severity]
  const type = ALERT_TYPES[alert.type]
  const { unit, show } = measure(alert.subject)
  return (
    <div className={`tone-${severity.tone} mt-3`}>
      <div
        className="rounded-xl p-4"
        style={{ background: 'var(--wash)' }}
        data-testid="anomaly-card"
      >
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <SeverityBadge alert={alert} />
          <h3 className="text-lg font-semibold">
            <span aria-hidden="true">{type.icon} </span>
            {type.word}
          </h3>
          <time className="label ml-auto" dateTime={alert.time}>
            {clock(epoch(alert.time))}
          </time>
        </div>
        <p className="mt-2">{alert.message}</p>
        <dl className="mt-3 flex flex-wrap gap-x-8 gap-y-2">
          <Figure word="now" value={show(alert.current)} unit={unit} />
          <Figure word="expected" value={show(alert.expected)} />
          <Figure word="difference" value={signed(show(alert.deviation))} />
        </dl>
        {alert.type !== 'RECOVERED' && (
          <p className="mt-3 text-sm">
            <span className="font-medium">What may help: </span>
            {type.hint}
          </p>
        )}
      </div>
      <Evidence alert={alert} />
      {alert.type !== 'RECOVERED' && <VerdictButtons alert={alert} onJudged={view.judged} />}
    </div>
  )
}

export function SeverityBadge({ alert }: { alert: Alert }) {
  const look = SEVERITIES[alert.severity]
  return (
    <span
      className={`tone-${look.tone} inline-flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-[13px] font-semibold`}
      style={{ background: 'var(--tone)', color: 'var(--card)' }}
    >
      <span aria-hidden="true" className="text-[10px]">
        {look.icon}
      </span>
      {look.word}
    </span>
  )
}

function signed(text: string): string {
  if (text.startsWith('-')) return `−${text.slice(1)}`
  return text === '0' ? text : `+${text}`
}

function Figure({ word, value, unit }: { word: string; value: string; unit?: string }) {
  return (
    <div>
      <dt className="label">{word}</dt>
      <dd className="text-2xl leading-tight font-semibold">
        {value}
        {unit && <span className="label font-normal"> {unit}</span>}
      </dd>
    </div>
  )
}

const VERDICTS: { verdict: Verdict; word: string; done: string }[] = [
  { verdict: 'acknowledged', word: 'Acknowledge', done: 'Acknowledged' },
  { verdict: 'false_alarm', word: 'False alarm', done: 'False alarm' },
]

function VerdictButtons({ alert, onJudged }: { alert: Alert; onJudged: (alert: Alert) => void }) {
  const { mutate, isPending, error } = useMutation({
    mutationFn: (verdict: Verdict) => judge(alert.id, verdict),
    onSuccess: onJudged,
  })
  return (
    <div className="mt-4 flex flex-wrap items-center gap-2">
      {VERDICTS.map(({ verdict, word, done }) => {
        const given = alert.verdict === verdict
        return (
          <button
            key={verdict}
            type="button"
            className="btn"
            aria-pressed={given}
            disabled={isPending}
            onClick={() => mutate(given ? '' : verdict)}
          >
            {given ? `✓ ${done}` : word}
          </button>
        )
      })}
      {error && (
        <p role="status" className="text-sm text-critical">
          {error.message}
        </p>
      )}
    </div>
  )
}

function Others({ alerts, view }: { alerts: Alert[]; view: SessionView }) {
  return (
    <div className="mt-5 border-t border-line pt-3">
      <h3 className="label mb-1">Earlier in this session</h3>
      <ul className="max-h-72 overflow-y-auto" tabIndex={alerts.length > 6 ? 0 : undefined}>
        {alerts.slice(0, 30).map((alert) => {
          const severity = SEVERITIES[alert.severity]
          return (
            <li key={alert.id}>
              <button
                type="button"
                className={`tone-${severity.tone} flex w-full items-baseline gap-3 rounded-lg px-2 py-1.5 text-left hover:bg-sunken`}
                onClick={() => view.select(alert)}
              >
                <span
                  style={{ color: 'var(--tone)' }}
                  className="w-20 shrink-0 text-[13px] font-medium"
                >
                  <span aria-hidden="true">{severity.icon} </span>
                  {severity.word}
                </span>
                <span className="min-w-0 flex-1 truncate">{ALERT_TYPES[alert.type].word}</span>
                {alert.verdict && <span className="label">{alert.verdict.replace('_', ' ')}</span>}
                <time className="label" dateTime={alert.time}>
                  {clock(epoch(alert.time))}
                </time>
              </button>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
