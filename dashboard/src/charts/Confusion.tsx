// What the model said against what people said, as a table of numbers whose cells are shaded.
import { LOOKS, MEANINGS, type Confused, type Meaning } from '../lib/reactions'

const ROWS = [...MEANINGS, 'unsure'] as const

export function Confusion({ cells }: { cells: Confused[] }) {
  const found = new Map(cells.map(({ model, person, count }) => [`${model} ${person}`, count]))
  const most = Math.max(1, ...cells.map((one) => one.count))
  return (
    <table className="w-full table-fixed border-separate border-spacing-0.5 text-center text-sm">
      <caption className="label pb-1 text-left">
        Rows: the model. Columns: people. Outlined: both say the same. Grey: left to people.
      </caption>
      <thead>
        <tr>
          <th scope="col" className="label w-[7.5rem] text-left font-medium">
            model
          </th>
          {MEANINGS.map((one) => (
            <th key={one} scope="col" className="label font-medium">
              <abbr title={LOOKS[one].word} className="no-underline">
                {short(one)}
              </abbr>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {ROWS.map((model) => (
          <tr key={model}>
            <th scope="row" className="label truncate text-left font-medium">
              {model === 'unsure' ? 'unsure' : LOOKS[model].word}
            </th>
            {MEANINGS.map((person) => {
              const count = found.get(`${model} ${person}`) ?? 0
              const same = model === person
              return (
                <td
                  key={person}
                  className={`h-8 rounded-md ${same ? 'outline-1 -outline-offset-1 outline-[var(--line-strong)]' : ''} ${count === 0 ? 'text-soft' : 'font-semibold'}`}
                  style={{
                    background: `color-mix(in srgb, var(${same ? '--accent' : model === 'unsure' ? '--line-strong' : '--level-low'}) ${Math.round((38 * count) / most)}%, var(--sunken))`,
                  }}
                  data-same={same}
                >
                  {count}
                </td>
              )
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Four columns have no room for whole words. */
function short(meaning: Meaning): string {
  return `${LOOKS[meaning].word.slice(0, 3)}.`
}
