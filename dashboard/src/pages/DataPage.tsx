// Training data: how much there is, the rows it gives, making a dataset of it, and those made.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useParam, useTitle } from '../lib/hooks'
import { fetchOverview, TRAINING, type Filters, type Overview } from '../lib/training'
import { filtersOf, leastOf, useSettled, useWanted, type Wanted } from '../lib/wanted'
import { Choice } from '../panels/Choice'
import { DataCounts, LeftOut, Ratings } from './DataCounts'
import { DataFacets, DataFilters } from './DataFacets'
import { Datasets } from './Datasets'
import { ExportWizard } from './ExportWizard'
import { FirstTurn } from './FirstTurn'
import { NoConsent } from './NoConsent'
import { QualitySlider } from './QualitySlider'
import { RowPreview } from './RowPreview'

const TABS = [
  ['', 'What there is'],
  ['make', 'Make a dataset'],
  ['datasets', 'Datasets'],
] as const

export function DataPage() {
  useTitle('Data')
  const [tab, setTab] = useParam('tab')
  return (
    <div className="pt-4" data-testid="data">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div>
          <h1 className="text-2xl font-semibold tracking-tight">Data</h1>
          <p className="mt-1 text-soft">
            What was said, to learn from: only of people who agreed to it.
          </p>
        </div>
        <Choice label="Show" value={tab} options={TABS} onChange={setTab} />
      </div>
      {tab === 'datasets' ? <Datasets /> : <Chosen making={tab === 'make'} />}
    </div>
  )
}

/** What is wanted, and how much of it there is. */
function Chosen({ making }: { making: boolean }) {
  const wanted = useWanted()
  const filters = useSettled(wanted)
  const { data, error, isPending } = useOverview(filters)
  // The bars show what a higher or lower bound would let through, so they are asked without one.
  const { min_quality: _, ...unbounded } = filters
  const { data: unbound } = useOverview(unbounded)
  const filtered = Object.keys(filtersOf(wanted)).length > 0
  const nothing = data?.conversations === 0 && !filtered
  return (
    <>
      {error && (
        <p role="status" className="mt-4 text-critical">
          {error.message}
        </p>
      )}
      {isPending && !error && (
        <p role="status" className="label mt-4">
          Asking…
        </p>
      )}
      {nothing && (
        <div className="mt-4">
          <FirstTurn />
        </div>
      )}
      {data && !nothing && making && (
        <ExportWizard wanted={wanted} filters={filters} overview={data} />
      )}
      {data && !nothing && !making && (
        <Found wanted={wanted} filters={filters} overview={data} bars={unbound ?? data} />
      )}
    </>
  )
}

function useOverview(filters: Filters) {
  return useQuery({
    queryKey: [...TRAINING, 'overview', filters],
    queryFn: () => fetchOverview(filters),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  })
}

interface FoundProps {
  wanted: Wanted
  filters: Filters
  overview: Overview
  /** The same, whatever its quality. */
  bars: Overview
}

function Found({ wanted, filters, overview, bars }: FoundProps) {
  const known = bars.quality.counts.reduce((sum, n) => sum + n, 0)
  const shown = filters.trainable === 'false' ? bars.conversations : bars.trainable.conversations
  const nobody = overview.trainable.people === 0 && Object.keys(filters).length === 0
  return (
    <>
      {nobody && <NoConsent people={overview.people} />}
      <DataFilters wanted={wanted} />
      <div className="mt-5 grid items-start gap-6 lg:grid-cols-[190px_minmax(0,1fr)]">
        <DataFacets wanted={wanted} facets={overview.facets} />
        <div className="grid min-w-0 grid-cols-[minmax(0,1fr)] gap-4">
          <DataCounts overview={overview} />
          <QualitySlider
            quality={bars.quality}
            least={leastOf(wanted)}
            set={(least) => wanted.least[1](least > 0 ? String(least) : '')}
            unknown={Math.max(0, shown - known)}
          />
          <div className="grid items-start gap-4 md:grid-cols-2">
            <LeftOut excluded={overview.excluded} />
            <Ratings ratings={overview.ratings} />
          </div>
          <RowPreview filters={filters} />
        </div>
      </div>
    </>
  )
}
