// Who looks: nobody is asked where all is open; else a key opens, and what changes carries a word.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ask, change } from '../lib/api'
import type { Key, Me } from '../lib/me'
import { begin } from '../lib/session'
import { Keys } from '../pages/Keys'
import { Refusal, serve, type Told } from '../testing/server'
import { Account } from './Account'
import { Gate } from './Gate'

const KEY = 'rt_live_0123456789'
const ADMIN: Me = { project: 'acme', scopes: ['admin'], via: 'session', csrf: 'w0rd' }

let me: Me | null
let keys: Key[]
let told: Told[]
let reload: ReturnType<typeof vi.fn<() => void>>

beforeEach(() => {
  reload = vi.fn<() => void>()
  vi.spyOn(window.location, 'reload').mockImplementation(() => void reload())
  begin()
  reload.mockClear()
  me = ADMIN
  keys = [{ id: 'k1', prefix: 'rt_live_01', project: 'acme', scopes: ['read'], used: null }]
  const unknown = new Refusal(401, 'nobody knows that key; paste another')
  told = serve({
    'GET /v1/me': () => me ?? unknown,
    'POST /v1/session': ({ body }) => {
      if ((body as { key: string }).key !== KEY) return unknown
      me = ADMIN
      return me
    },
    'DELETE /v1/session': () => {
      me = null
      return {}
    },
    'GET /v1/keys': () => ({ keys }),
    'POST /v1/keys': ({ body }) => {
      const made = { id: 'k2', ...(body as Omit<Key, 'id'>) }
      keys = [...keys, made]
      return { ...made, key: 'rt_live_once' }
    },
    'DELETE /v1/keys/k1': () => {
      keys = keys.slice(1)
      return {}
    },
    'GET /v1/thing': () => (me ? {} : unknown),
    'PUT /v1/thing': () => ({}),
  })
})

function show() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={client}>
      <Gate>
        <p>the pages</p>
        <Account />
        <Keys />
      </Gate>
    </QueryClientProvider>,
  )
  return client
}

async function enter(key: string) {
  fireEvent.change(await screen.findByLabelText('Key'), { target: { value: key } })
  fireEvent.click(screen.getByRole('button', { name: 'Sign in' }))
}

describe('signing in', () => {
  it('where all is open, or the server does not know of keys, all looks as ever', async () => {
    for (const one of ['open', 'unknown']) {
      if (one === 'open') me = { project: 'default', scopes: ['admin'], via: 'open' }
      else told = serve({})
      const client = show()
      expect((await screen.findAllByText('the pages')).length).toBeGreaterThan(0)
      await waitFor(() => expect(client.isFetching()).toBe(0))
      expect(screen.queryByTestId('account')).toBeNull()
      expect(screen.queryByTestId('sign-in')).toBeNull()
      expect(told.filter((each) => each.path === '/v1/me')).toHaveLength(1)
    }
  })

  it('asks for a key, refuses a wrong one with its reason, and opens with the right one', async () => {
    me = null
    show()
    await screen.findByTestId('sign-in')
    expect(screen.getByText(/^roomtone keys create/)).toBeTruthy()
    await enter('wrong')
    expect((await screen.findByRole('alert')).textContent).toBe(
      'nobody knows that key; paste another',
    )
    await enter(` ${KEY}\n`)
    await waitFor(() => expect(reload).toHaveBeenCalledTimes(1))
    show()
    expect((await screen.findAllByText('the pages')).length).toBeGreaterThan(0)
    expect(screen.queryByTestId('sign-in')).toBeNull()
  })

  it('a session that ended while somebody looked leads back here', async () => {
    show()
    await screen.findByText('the pages')
    me = null
    await ask('/v1/thing').catch(() => {})
    expect(await screen.findByTestId('sign-in')).toBeTruthy()
  })

  it('tells the project and what one may do there, and the way out', async () => {
    show()
    const account = within(await screen.findByTestId('account'))
    expect(account.getByText('acme')).toBeTruthy()
    expect(account.getByRole('listitem').textContent).toContain('erasing people')
    fireEvent.click(account.getByText('Sign out'))
    await waitFor(() => expect(reload).toHaveBeenCalledTimes(1))
    expect(told.find((one) => one.method === 'DELETE')?.headers['X-CSRF-Token']).toBe('w0rd')
  })

  it('what changes carries the word of the session, what asks does not', async () => {
    show()
    await screen.findByText('the pages')
    await change('PUT', '/v1/thing', {})
    expect(told.at(-1)?.headers).toEqual({
      'Content-Type': 'application/json',
      'X-CSRF-Token': 'w0rd',
    })
    await ask('/v1/thing')
    expect(told.at(-1)?.headers).toEqual({})
  })
})

describe('keys', () => {
  it('are listed, told once when made, and revoked once asked', async () => {
    show()
    const part = within(await screen.findByTestId('keys'))
    expect((await part.findByRole('listitem')).textContent).toContain('read, never used')
    fireEvent.click(part.getByRole('button', { name: 'Make a key' }))
    fireEvent.change(part.getByLabelText('What it is for'), { target: { value: 'bot' } })
    fireEvent.click(part.getByRole('checkbox', { name: /send events/ }))
    fireEvent.click(part.getByRole('button', { name: 'Make it' }))
    expect((await part.findByTestId('new-key')).textContent).toContain('rt_live_once')
    expect(told.find((one) => one.path === '/v1/keys' && one.method === 'POST')?.body).toEqual({
      name: 'bot',
      scopes: ['read', 'ingest'],
      project: 'acme',
    })
    fireEvent.click(part.getByRole('button', { name: 'I have it' }))
    expect(part.queryByText('rt_live_once')).toBeNull()
    fireEvent.click(part.getByRole('button', { name: 'Revoke rt_live_01' }))
    expect(document.activeElement?.textContent).toBe('Keep it')
    fireEvent.click(part.getByRole('button', { name: 'Keep it' }))
    expect(document.activeElement?.textContent).toBe('Revoke…')
    fireEvent.click(part.getByRole('button', { name: 'Revoke rt_live_01' }))
    fireEvent.click(part.getByRole('button', { name: 'Revoke it' }))
    await waitFor(() => expect(part.getAllByRole('listitem')).toHaveLength(1))
  })

  it('are nothing for who may not give them out', async () => {
    me = { ...ADMIN, scopes: ['read'] }
    show()
    await screen.findByText('the pages')
    expect(screen.queryByTestId('keys')).toBeNull()
    expect(told.some((one) => one.path === '/v1/keys')).toBe(false)
  })
})
