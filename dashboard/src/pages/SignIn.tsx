// The server asks who looks: a key is pasted here, and how to make one is told.
import { useMutation } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { signIn } from '../lib/me'
import { begin } from '../lib/session'
import { useTitle } from '../lib/hooks'
import { Logo } from '../shell/icons'
import { ThemeToggle } from '../shell/ThemeToggle'
import { CopyButton } from '../panels/CopyButton'

const COMMAND = 'roomtone keys create --scope read,review,export'

export function SignIn() {
  useTitle('Sign in')
  const [key, setKey] = useState('')
  const enter = useMutation({
    mutationFn: () => signIn(key.trim()),
    networkMode: 'always',
    onSuccess: () => {
      setKey('')
      begin()
    },
  })
  const send = (event: FormEvent) => {
    event.preventDefault()
    enter.mutate()
  }
  return (
    <div className="mx-auto grid min-h-dvh max-w-xl content-center gap-5 px-4 py-10">
      <header className="flex items-center justify-between gap-3">
        <p className="flex items-center gap-3">
          <Logo />
          <span className="text-lg font-semibold tracking-tight">Roomtone</span>
        </p>
        <ThemeToggle />
      </header>
      <main id="page" className="card p-5 sm:p-6" data-testid="sign-in">
        <h1 className="text-2xl font-semibold tracking-tight">Sign in</h1>
        <p className="mt-1 text-soft">This server asks who looks. Paste a key of its project.</p>
        <form className="mt-4 grid gap-3" onSubmit={send} aria-label="Sign in">
          <label className="grid gap-1">
            <span className="label">Key</span>
            <input
              type="password"
              className="field w-full font-mono"
              // oxlint-disable-next-line no-autofocus
              autoFocus
              autoComplete="current-password"
              spellCheck={false}
              placeholder="rt_live_…"
              value={key}
              onChange={(event) => setKey(event.target.value)}
            />
          </label>
          {enter.error && (
            <p role="alert" className="text-sm text-critical">
              {enter.error.message}
            </p>
          )}
          <button
            type="submit"
            className="btn btn-main justify-self-start disabled:opacity-60"
            disabled={key.trim() === '' || enter.isPending}
          >
            {enter.isPending ? 'Asking…' : 'Sign in'}
          </button>
        </form>
      </main>
      <section aria-labelledby="no-key" className="px-1">
        <h2 id="no-key" className="head">
          No key?
        </h2>
        <p className="label">
          Whoever runs the server makes one there, and sees it once; it can be revoked at any time.
        </p>
        <div className="mt-2 flex flex-wrap items-center gap-2">
          <code className="min-w-0 rounded-lg bg-sunken px-3 py-2 font-mono text-[13px]">
            {COMMAND}
          </code>
          <CopyButton text={COMMAND} label="The command" />
        </div>
        <p className="label mt-3">
          The key is not kept in this browser: the server answers with a cookie that scripts cannot
          read, and forgets it when you sign out.
        </p>
      </section>
    </div>
  )
}
