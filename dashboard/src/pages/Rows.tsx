// A table whose rows lead somewhere: all of a row is the link that j, k and Enter find.
import type { ReactNode } from 'react'
import { Link } from 'wouter'

interface Props {
  caption: string
  /** The words above the columns, each with its width and where it is hidden. */
  heads: [word: string, look: string][]
  children: ReactNode
}

export function Rows({ caption, heads, children }: Props) {
  return (
    <div className="card overflow-hidden">
      <table className="w-full table-fixed text-left">
        <caption className="sr-only">
          {caption}; the keys j and k go down and up, Enter opens one
        </caption>
        <thead className="border-b border-line text-[13px] text-soft">
          <tr>
            {heads.map(([word, look]) => (
              <th
                key={word}
                className={`px-2 py-2 font-medium first:px-3 last:px-3 sm:first:px-4 sm:last:px-4 ${look}`}
              >
                {word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}

interface RowProps {
  href: string
  title: string
  /** What stands small below the title. */
  about?: ReactNode
  /** The other cells. */
  children: ReactNode
}

export function LinkedRow({ href, title, about, children }: RowProps) {
  return (
    <tr className="relative border-t border-line first:border-t-0 hover:bg-sunken">
      <td className="px-3 py-2.5 sm:px-4">
        <Link
          href={href}
          className="row-link block truncate font-medium after:absolute after:inset-0 after:content-['']"
        >
          {title}
        </Link>
        {about && <span className="label block truncate">{about}</span>}
      </td>
      {children}
    </tr>
  )
}
