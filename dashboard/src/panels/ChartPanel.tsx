// The score chart with its window buttons.
import { EngagementChart } from '../charts/EngagementChart'
import { useParam } from '../lib/hooks'
import { name } from '../lib/format'
import { Choice } from './Choice'
import type { PanelProps } from './view'

export const WINDOWS = ['5', '15', '60']
const FACES = WINDOWS.map((one) => [one, `${one} min`] as const)

export function ChartPanel({ view }: PanelProps) {
  return (
    <section className="card p-4 sm:p-5" aria-labelledby="chart-head">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
        <h2 id="chart-head" className="head">
          Engagement
        </h2>
        {view.mode === 'live' && <WindowButtons />}
      </div>
      <EngagementChart
        title={`Engagement score of ${name(view.session)}`}
        t={view.t}
        scores={view.scores}
        from={view.from}
        to={view.to}
        alerts={view.alerts}
        cursor={view.mode === 'replay' ? view.at : null}
        selected={view.selected}
        loading={view.loading}
        onPin={view.select}
        onPick={view.pick}
      />
    </section>
  )
}

function WindowButtons() {
  const [minutes, setMinutes] = useParam('window', '5')
  return <Choice label="Window" value={minutes} options={FACES} onChange={setMinutes} />
}
