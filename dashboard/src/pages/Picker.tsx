// Who is compared: chips to take away, and a field that suggests names to add.
import { useQuery } from '@tanstack/react-query'
import { useId, useState, type FormEvent } from 'react'
import { fetchConversations, fetchPeople, type ComparedBy } from '../lib/conversations'
import { name } from '../lib/format'
import { useDebounced } from '../lib/hooks'

interface Props {
  by: ComparedBy
  names: string[]
  most: number
  choose: (names: string[]) => void
}

const LABELS: Record<ComparedBy, string> = {
  bot: 'Add a bot',
  user: 'Add a person',
  session: 'Add a session',
}

async function suggested(by: ComparedBy, search: string): Promise<string[]> {
  if (by === 'user') {
    const { people } = await fetchPeople({ search, limit: 30 })
    return [...new Set(people.map((one) => one.user))]
  }
  const { conversations, facets } = await fetchConversations({ search, limit: 30 })
  const found = by === 'bot' ? Object.keys(facets.bot) : conversations.map((one) => one.session)
  return [...new Set(found)]
}

export function Picker({ by, names, most, choose }: Props) {
  const [text, setText] = useState('')
  const list = useId()
  const search = useDebounced(text.trim(), 250)
  const { data } = useQuery({
    queryKey: ['suggested', by, search],
    queryFn: () => suggested(by, search),
  })
  const add = (event: FormEvent) => {
    event.preventDefault()
    const wanted = text.trim()
    if (wanted && !names.includes(wanted)) choose([...names, wanted])
    setText('')
  }
  return (
    <form className="mt-3 flex flex-wrap items-center gap-2" onSubmit={add}>
      <ul className="flex flex-wrap gap-2" aria-label="Compared">
        {names.map((one) => (
          <li key={one}>
            <button
              type="button"
              className="btn px-3"
              onClick={() => choose(names.filter((other) => other !== one))}
            >
              {name(one, 40)} <span aria-hidden="true">✕</span>
              <span className="sr-only">: take away</span>
            </button>
          </li>
        ))}
      </ul>
      {names.length < most && (
        <>
          <input
            className="field w-52"
            list={list}
            value={text}
            aria-label={LABELS[by]}
            placeholder={LABELS[by]}
            onChange={(event) => setText(event.target.value)}
          />
          <datalist id={list}>
            {(data ?? [])
              .filter((one) => !names.includes(one))
              .map((one) => (
                <option key={one} value={one}>
                  {name(one, 60)}
                </option>
              ))}
          </datalist>
          <button type="submit" className="btn" disabled={!text.trim()}>
            Add
          </button>
        </>
      )}
    </form>
  )
}
