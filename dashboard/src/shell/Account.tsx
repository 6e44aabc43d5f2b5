// Whose project is looked at and what may be done in it, with the way out; nothing where all is open.
import { useMutation } from '@tanstack/react-query'
import { name, words } from '../lib/format'
import { SCOPES, signOut, useMe, type Scope } from '../lib/me'
import { begin } from '../lib/session'
import { KeyIcon } from './icons'

export function Account() {
  const { data: me } = useMe()
  const leave = useMutation({
    mutationFn: signOut,
    networkMode: 'always',
    onSuccess: begin,
  })
  if (!me || me.via === 'open') return null
  return (
    <div className="relative">
      <button
        type="button"
        popoverTarget="account"
        className="btn px-2.5"
        aria-label={`Project ${name(me.project, 60)}: what you may do, and the way out`}
      >
        <KeyIcon />
        <span className="max-w-28 truncate max-sm:hidden">{name(me.project, 40)}</span>
      </button>
      <div
        id="account"
        popover="auto"
        className="card fixed inset-auto top-14 right-4 w-72 p-4 text-ink lg:right-8"
        data-testid="account"
      >
        <p className="label">Project</p>
        <p className="font-semibold">{name(me.project, 80)}</p>
        <p className="label mt-3">You may</p>
        <ul className="list-disc pl-5 text-sm">
          {me.scopes.map((scope) => (
            <li key={scope}>
              {Object.hasOwn(SCOPES, scope) ? SCOPES[scope as Scope] : words(scope, 40)}
            </li>
          ))}
        </ul>
        {leave.error && (
          <p role="alert" className="mt-2 text-sm text-critical">
            {leave.error.message}
          </p>
        )}
        {me.via === 'session' && (
          <button
            type="button"
            className="btn mt-3"
            disabled={leave.isPending}
            onClick={() => leave.mutate()}
          >
            Sign out
          </button>
        )}
      </div>
    </div>
  )
}
