// What is compared and how it is drawn; every choice stands in the address.
import { useQuery } from '@tanstack/react-query'
import { fetchMeasurements, type ComparedBy, type Declared } from '../lib/conversations'
import { words } from '../lib/format'
import { useParam, useParamList } from '../lib/hooks'
import type { Grain } from '../lib/lines'
import { RANGES, useRange } from '../lib/ranges'
import { Choice } from '../panels/Choice'
import { Filter } from './Filter'

export const BY: Record<ComparedBy, string> = { bot: 'bots', user: 'people', session: 'sessions' }

const USUAL = 'conversation_quality.satisfaction_score'

const GRAINS: Record<string, { grain: Grain; word: string }> = {
  turn: { grain: 0, word: 'a turn' },
  hour: { grain: 3600, word: 'the mean of an hour' },
  day: { grain: 86_400, word: 'the mean of a day' },
}

/** What of what is compared, as the address says. */
export function useBy(): [ComparedBy, (by: string) => void] {
  const [by, setBy] = useParam('by', 'bot')
  return [by === 'user' || by === 'session' ? by : 'bot', setBy]
}

/** The number that is compared, as measurement and field. */
export function useNumber(): [string, string, (number: string) => void] {
  const [number, setNumber] = useParam('number', USUAL)
  const [measurement = '', field = ''] = number.split('.')
  return [measurement, field, setNumber]
}

/** How long a point's stretch is; undefined where it is as fits. */
export function useGrain(): Grain | undefined {
  return GRAINS[useParam('grain')[0]]?.grain
}

export function useCatalogue(): Declared[] | undefined {
  const { data } = useQuery({
    queryKey: ['measurements'],
    queryFn: fetchMeasurements,
    staleTime: Infinity,
  })
  return data?.data
}

export function CompareControls() {
  const [days, setDays] = useRange()
  return (
    <div className="mt-4 flex flex-wrap items-end gap-3">
      <What />
      <WhichNumber />
      <Filter label="The last" value={days} onChange={setDays} options={RANGES} />
      <HowFine />
      <WhichAxis />
    </div>
  )
}

function What() {
  const [by, setBy] = useBy()
  const [, setChosen] = useParamList('of')
  const change = (next: string) => {
    setChosen([])
    setBy(next)
  }
  return <Choice label="Compare what" value={by} options={Object.entries(BY)} onChange={change} />
}

function WhichNumber() {
  const [measurement, field, setNumber] = useNumber()
  // The measurements of turns are those that a bot is a tag of.
  const numbers = useCatalogue()?.filter((one) => one.tags.includes('bot')) ?? []
  const number = `${measurement}.${field}`
  return (
    <label className="grid min-w-0 gap-1">
      <span className="label">Number</span>
      <select
        className="field max-w-full"
        value={number}
        onChange={(event) => setNumber(event.target.value)}
      >
        {numbers.length === 0 && <option value={number}>{words(field)}</option>}
        {numbers.map(({ name: group, fields }) => (
          <optgroup key={group} label={words(group)}>
            {Object.keys(fields).map((one) => (
              <option key={one} value={`${group}.${one}`}>
                {words(one)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  )
}

function HowFine() {
  const [grain, setGrain] = useParam('grain')
  return (
    <Filter
      label="A point is"
      all="as fits"
      value={Object.hasOwn(GRAINS, grain) ? grain : ''}
      options={Object.entries(GRAINS).map(([key, { word }]) => [key, word])}
      onChange={setGrain}
    />
  )
}

const AXES = [
  ['', 'by date'],
  ['start', 'since their start'],
] as const

function WhichAxis() {
  const [align, setAlign] = useParam('align')
  return <Choice label="Axis" value={align} options={AXES} onChange={setAlign} />
}
