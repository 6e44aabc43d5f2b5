// What a person agreed to: waited for, never guessed; and their erasing, once their name is typed.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Me } from '../lib/me'
import type { Consents, Receipt } from '../lib/rights'
import { memories } from '../testing/memories'
import { Refusal, serve, type Told } from '../testing/server'
import { consents, dataset, receipt } from '../testing/training'
import { HOSTILE, person } from '../testing/turns'
import { PersonPage } from './PersonPage'

let told: Told[]
let words: Consents
let gone: Receipt
let refusal: Refusal | null
let me: Me
let held: Promise<void> | null

function serving(user = 'ann') {
  const at = `/v1/people/${encodeURIComponent(user)}`
  return serve({
    [`GET ${at}`]: () => person({ user, total: 12 }),
    [`GET ${at}/consent`]: () => words,
    [`PUT ${at}/consent`]: async ({ body }) => {
      await held
      if (refusal) return refusal
      const { by, basis, ...said } = body as { by: string; basis: string; training?: boolean }
      const word = { at: '2026-11-26T12:00:00Z', by, basis, asked: true }
      for (const [purpose, granted] of Object.entries(said)) {
        words = consents({ [purpose]: { ...word, granted } })
      }
      return words
    },
    [`DELETE ${at}`]: ({ query }) => (query.dry_run ? receipt({ done: false }) : (refusal ?? gone)),
    'GET /v1/me': () => me,
    'GET /v1/memories': () => memories(),
    'GET /v1/datasets': () => ({ datasets: [dataset()], total: 60 }),
  })
}

beforeEach(() => {
  words = consents()
  gone = receipt()
  me = { project: 'default', scopes: ['admin'], via: 'open' }
  refusal = null
  held = null
  told = serving()
})

function show(user = 'ann') {
  window.history.replaceState(null, '', `/people/${encodeURIComponent(user)}?tab=rights`)
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const page = (of: string) => (
    <QueryClientProvider client={client}>
      <PersonPage user={of} />
    </QueryClientProvider>
  )
  const { rerender } = render(page(user))
  return { turnTo: (other: string) => rerender(page(other)) }
}

const purpose = async (one: string) => within(await screen.findByTestId(`purpose-${one}`))
const said = (method: string) => told.filter((one) => one.method === method)

describe('consent', () => {
  it('tells who said what and when, and what holds where nobody asked', async () => {
    show()
    expect((await purpose('training')).getByTestId('who-said').textContent).toBe(
      'not asked Off unless they say yes.',
    )
    expect((await purpose('memory')).getByTestId('who-said').textContent).toMatch(
      /^Said no, .*, taken down by ann\.$/,
    )
    const on = (await purpose('analytics')).getByRole('switch', { name: 'Analytics' })
    expect(on.getAttribute('aria-checked')).toBe('true')
  })

  it('is noted with its basis once asked, and shown when the server has it', async () => {
    let keep = () => {}
    held = new Promise((resolve) => (keep = resolve))
    show()
    const training = await purpose('training')
    const button = training.getByRole('switch', { name: 'Training' })
    fireEvent.click(button)
    expect(said('PUT')).toEqual([])
    fireEvent.change(training.getByLabelText('On what basis'), { target: { value: 'contract' } })
    fireEvent.click(training.getByRole('button', { name: 'They agreed' }))
    await waitFor(() => expect(said('PUT')).toHaveLength(1))
    expect(said('PUT')[0]?.body).toEqual({ training: true, by: 'dashboard', basis: 'contract' })
    expect(button.getAttribute('aria-checked')).toBe('false')
    keep()
    await waitFor(() => expect(button.getAttribute('aria-checked')).toBe('true'))
    expect(training.getByTestId('who-said').textContent).toContain('on the basis of contract')
    expect(training.queryByRole('button', { name: 'They agreed' })).toBeNull()
  })

  it('is taken back at once', async () => {
    show()
    fireEvent.click((await purpose('analytics')).getByRole('switch'))
    await waitFor(() =>
      expect(said('PUT')[0]?.body).toEqual({ analytics: false, by: 'dashboard', basis: 'consent' }),
    )
  })

  it('that was not taken down is not shown as given', async () => {
    refusal = new Refusal(503, 'the journal cannot be written; free some disk')
    show()
    const training = await purpose('training')
    fireEvent.click(training.getByRole('switch'))
    fireEvent.click(training.getByRole('button', { name: 'They agreed' }))
    expect((await training.findByRole('alert')).textContent).toBe(
      'That was not taken down: the journal cannot be written; free some disk',
    )
    expect(training.getByRole('switch').getAttribute('aria-checked')).toBe('false')
  })
})

describe('what is kept', () => {
  it('can be taken along, and the datasets that hold them are named', async () => {
    show()
    const link = await screen.findByRole('link', { name: 'Download' })
    expect(link.getAttribute('href')).toBe('/v1/people/ann/export')
    expect(link.getAttribute('download')).toBe('ann.json')
    const set = await screen.findByRole('link', { name: 'spring' })
    expect(set.getAttribute('href')).toBe('/data?tab=datasets&open=d1')
    expect(told.find((one) => one.path === '/v1/datasets')?.query).toMatchObject({
      user: 'ann',
    })
    expect(screen.getByText(/The newest of 60 datasets/)).toBeTruthy()
  })

  it('is never that of the person who was looked at before', async () => {
    const { turnTo } = show()
    await screen.findByRole('link', { name: 'spring' })
    serve({
      'GET /v1/people/bob': () => person({ user: 'bob', total: 1 }),
      'GET /v1/people/bob/consent': () => words,
      'GET /v1/me': () => me,
      'GET /v1/memories': () => memories(),
      'GET /v1/datasets': () => new Promise(() => {}),
    })
    turnTo('bob')
    await screen.findByRole('heading', { name: /bob/ })
    expect(await screen.findByText('Datasets that hold them')).toBeTruthy()
    expect(screen.queryByRole('link', { name: 'spring' })).toBeNull()
  })
})

describe('erasing', () => {
  it('shows what will go, waits for the name, and then tells store by store', async () => {
    show()
    fireEvent.click(await screen.findByRole('button', { name: 'Erase ann…' }))
    const form = within(await screen.findByTestId('erase-form'))
    await form.findByText('archive 1,234')
    expect(form.getByText(/their rows in 1 dataset/)).toBeTruthy()
    const button = form.getByRole<HTMLButtonElement>('button', { name: 'Erase for good' })
    const field = form.getByRole('textbox')
    fireEvent.change(field, { target: { value: 'an' } })
    expect(button.disabled).toBe(true)
    fireEvent.change(field, { target: { value: 'ann' } })
    fireEvent.click(button)
    const shown = within(await screen.findByTestId('receipt'))
    expect(shown.getByRole('heading', { name: 'ann is erased' })).toBe(document.activeElement)
    expect(shown.getAllByRole('listitem').map((one) => one.textContent)).toEqual([
      'archive✓ 1,234 removed',
      'journaltwo segments were written anew✓ 56 removed',
      'vectors✓ held nothing',
      'spring',
    ])
    expect(said('DELETE').map((one) => one.query)).toEqual([{ dry_run: 'true' }, {}])
  })

  it('that failed in part says in which, and does not say that they are erased', async () => {
    gone = receipt({
      done: false,
      stores: [{ store: 'series', removed: 0, ok: false, detail: 'InfluxDB is away' }],
    })
    show()
    fireEvent.click(await screen.findByRole('button', { name: 'Erase ann…' }))
    fireEvent.change(await screen.findByRole('textbox'), { target: { value: 'ann' } })
    fireEvent.click(screen.getByRole('button', { name: 'Erase for good' }))
    const shown = within(await screen.findByTestId('receipt'))
    expect(shown.getByRole('heading', { name: 'ann is not wholly erased' })).toBeTruthy()
    expect(shown.getByRole('alert').textContent).toContain('tried again until it is done')
    expect(shown.getByText('InfluxDB is away')).toBeTruthy()
  })

  it('is not for who may not', async () => {
    me = { project: 'acme', scopes: ['read', 'review'], via: 'session' }
    show()
    await screen.findByText('Your key may not: it takes the scope admin.')
    const button = screen.getByRole<HTMLButtonElement>('button', { name: 'Erase ann…' })
    expect(button.disabled).toBe(true)
  })

  it('that is refused loses nothing', async () => {
    refusal = new Refusal(403, 'that takes the scope admin')
    show()
    fireEvent.click(await screen.findByRole('button', { name: 'Erase ann…' }))
    fireEvent.change(await screen.findByRole('textbox'), { target: { value: 'ann' } })
    fireEvent.click(screen.getByRole('button', { name: 'Erase for good' }))
    expect((await screen.findByRole('alert')).textContent).toBe('that takes the scope admin')
    expect(screen.queryByTestId('receipt')).toBeNull()
  })

  it('somebody with a hostile name has their name typed as it is shown', async () => {
    const user = `${HOSTILE}\u202Exe`
    told = serving(user)
    show(user)
    fireEvent.click(await screen.findByRole('button', { name: /^Erase </ }))
    fireEvent.change(await screen.findByRole('textbox'), { target: { value: `${HOSTILE}·xe` } })
    fireEvent.click(screen.getByRole('button', { name: 'Erase for good' }))
    await screen.findByTestId('receipt')
    expect(said('DELETE').at(-1)?.path).toBe(`/v1/people/${encodeURIComponent(user)}`)
    expect(document.querySelector('img')).toBeNull()
  })
})
