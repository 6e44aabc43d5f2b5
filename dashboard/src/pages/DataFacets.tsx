// Which conversations are wanted: choices with counts, days, and who agreed.
import type { ReactNode } from 'react'
import { name, words } from '../lib/format'
import { MEANINGS, type Meaning } from '../lib/reactions'
import type { FacetName, Overview } from '../lib/training'
import type { Wanted } from '../lib/wanted'
import { Feeling } from '../panels/Feeling'
import { MeaningWord } from '../panels/Meaning'
import { Facet } from './Facets'
import { Filter } from './Filter'
import { Search } from './Search'

const YES_OR_NO: [string, string][] = [
  ['true', 'yes'],
  ['false', 'no'],
]

/** The choices that stand in a row above everything. */
export function DataFilters({ wanted }: { wanted: Wanted }) {
  const chosen = Object.values(wanted).filter(([value]) => value)
  return (
    <div className="mt-4 flex flex-wrap items-end gap-3" role="search" aria-label="Training data">
      <Search label="Person" value={wanted.user[0]} onChange={wanted.user[1]} wide="w-40" />
      <Day label="Ended from" value={wanted.start[0]} onChange={wanted.start[1]} />
      <Day label="to" value={wanted.end[0]} onChange={wanted.end[1]} />
      <Filter
        label="With voice"
        value={wanted.voice[0]}
        options={YES_OR_NO}
        onChange={wanted.voice[1]}
      />
      <Filter
        label="Exported before"
        value={wanted.exported[0]}
        options={YES_OR_NO}
        onChange={wanted.exported[1]}
      />
      <Filter
        label="Consent"
        value={wanted.consent[0]}
        options={[['all', 'everybody, to look at']]}
        onChange={wanted.consent[1]}
        all="agreed to training"
      />
      {chosen.length > 0 && (
        <button
          type="button"
          className="btn"
          onClick={() => chosen.forEach(([, choose]) => choose(''))}
        >
          Clear {chosen.length === 1 ? 'the choice' : `all ${chosen.length} choices`}
        </button>
      )}
    </div>
  )
}

interface DayProps {
  label: string
  value: string
  onChange: (value: string) => void
}

function Day({ label, value, onChange }: DayProps) {
  return (
    <label className="grid gap-1">
      <span className="label">{label}</span>
      <input
        type="date"
        className="field"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  )
}

const FACETS: [FacetName, string, (value: string) => ReactNode][] = [
  ['bot', 'Bot', (bot) => name(bot, 40)],
  ['emotion', 'Felt in it', (emotion) => <Feeling emotion={emotion} />],
  ['meaning', 'Some reaction means', meaningFace],
  ['language', 'Language', languageOf],
]

export function DataFacets({ wanted, facets }: { wanted: Wanted; facets: Overview['facets'] }) {
  const chosen = FACETS.map(([key]) => wanted[key][0]).filter(Boolean)
  const lists = (
    <div className="grid gap-5 max-lg:mt-3 max-lg:grid-cols-2">
      {FACETS.map(([key, title, face]) => {
        const [value, choose] = wanted[key]
        return (
          <Facet
            key={key}
            title={title}
            // What is chosen can be given up, also where nothing of it is left.
            counts={{ ...(value ? { [value]: 0 } : {}), ...facets[key] }}
            chosen={value}
            choose={choose}
            face={face}
          />
        )
      })}
    </div>
  )
  return (
    <>
      <div className="max-lg:hidden">{lists}</div>
      <details className="card p-3 lg:hidden">
        <summary className="text-sm font-medium">
          By bot, feeling, meaning and language
          {chosen.length > 0 && `: ${chosen.map((one) => words(one, 20)).join(', ')}`}
        </summary>
        {lists}
      </details>
    </>
  )
}

function meaningFace(meaning: string): ReactNode {
  const known = MEANINGS.includes(meaning as Meaning)
  return known ? <MeaningWord meaning={meaning as Meaning} /> : words(meaning, 30)
}

/** "de" as German; what is no such code is shown as it is. */
export function languageOf(code: string): string {
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(code) ?? name(code, 30)
  } catch {
    return name(code, 30)
  }
}
