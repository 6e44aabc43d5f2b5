// Training data: chosen and counted, its exact rows, made into a dataset, followed, and deleted.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Dataset, Overview, Preview } from '../lib/training'
import { Refusal, serve, type Told } from '../testing/server'
import { dataset, formats, overview, preview, ROW } from '../testing/training'
import { HOSTILE } from '../testing/turns'
import { DataPage } from './DataPage'

let told: Told[]
let there: Overview
let rows: Preview
let made: Dataset[]
let refusal: Refusal | null

beforeEach(() => {
  there = overview()
  rows = preview()
  made = []
  refusal = null
  window.history.replaceState(null, '', '/data')
  told = serve({
    'GET /v1/formats': () => ({ formats }),
    'GET /v1/training/overview': () => there,
    'GET /v1/training/preview': () => rows,
    'GET /v1/datasets': ({ query }) => {
      const from = Number(query.offset)
      return { datasets: made.slice(from, from + Number(query.limit)), total: made.length }
    },
    'GET /v1/datasets/d1': () => made.find(({ id }) => id === 'd1'),
    'POST /v1/datasets': ({ body }) => {
      if (refusal) return refusal
      made = [dataset({ ...(body as object), status: 'running', progress: 0.25, rows: 0 })]
      return made[0]
    },
    'DELETE /v1/datasets/d1': () => {
      if (refusal) return refusal
      made = made[0]?.status === 'running' ? [dataset({ status: 'cancelled' })] : []
      return {}
    },
  })
})

function show(search = '') {
  window.history.replaceState(null, '', `/data${search}`)
  render(
    <QueryClientProvider
      client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}
    >
      <DataPage />
    </QueryClientProvider>,
  )
}

const asked = (path: string) => told.filter((one) => one.path === path).map((one) => one.query)

describe('what there is', () => {
  it('tells what may be trained on of what is there', async () => {
    show()
    const amount = async (key: string) => (await screen.findByTestId(`amount-${key}`)).textContent
    expect(await amount('conversations')).toBe('Conversations30of 40 there are')
    expect(await amount('tokens')).toBe('Tokens, about750kof 1M there are')
  })

  it('tells why the rest is left out, the most frequent first and nothing of none', async () => {
    show()
    const part = within(await screen.findByTestId('excluded'))
    expect(part.getAllByRole('listitem').map((one) => one.textContent)).toEqual([
      'the person was not asked, or said no10 conversations, 100 messages',
      'too short2 conversations, 4 messages',
    ])
  })

  it('warns of ratings that are lopsided', async () => {
    show()
    expect((await screen.findByTestId('balance')).textContent).toBe(
      '12 : 1 60 desirable to 5 undesirable',
    )
    expect(screen.getByText(/undesirable_weight about 12/)).toBeTruthy()
  })

  it('the bars follow the slider at once, the address and the question once it stands still', async () => {
    show()
    const slider = await screen.findByRole('slider', { name: 'Lowest quality' })
    expect(slider.getAttribute('aria-valuetext')).toBe('any quality: all 30 conversations')
    fireEvent.change(slider, { target: { value: '65' } })
    fireEvent.change(slider, { target: { value: '70' } })
    expect(screen.getByTestId('quality-told').textContent).toBe(
      '70 of 100 or better: 20 of 30 conversations',
    )
    expect(document.querySelectorAll('[data-wanted=true]')).toHaveLength(6)
    expect(window.location.search).toBe('')
    await waitFor(() => expect(window.location.search).toBe('?min=70'))
    await waitFor(() =>
      expect(asked('/v1/training/overview')).toContainEqual({ min_quality: '0.7' }),
    )
    expect(asked('/v1/training/overview')).not.toContainEqual({ min_quality: '0.65' })
    fireEvent.click(screen.getByRole('button', { name: 'Any quality' }))
    await waitFor(() => expect(window.location.search).toBe(''))
  })

  it('asks for what the address says, and each choice can be given up', async () => {
    show(
      '?bot=luna&meaning=RATING&voice=true&exported=false&consent=all&user=%20ann%20&from=2026-11-01',
    )
    const [bot] = await screen.findAllByRole('button', { name: /^luna/ })
    expect(bot?.getAttribute('aria-pressed')).toBe('true')
    expect(asked('/v1/training/overview')[0]).toEqual({
      bot: 'luna',
      user: 'ann',
      meaning: 'RATING',
      voice: 'true',
      exported: 'false',
      trainable: 'false',
      start: new Date('2026-11-01T00:00').toISOString(),
    })
    expect(screen.getAllByRole('button', { name: /German/ })).toHaveLength(2)
    fireEvent.click(screen.getByRole('button', { name: 'Clear all 7 choices' }))
    await waitFor(() => expect(asked('/v1/training/overview')).toContainEqual({}))
    expect(window.location.search).toBe('')
  })

  it('says how to ask where nobody agreed yet', async () => {
    there = overview({ trainable: { conversations: 0, messages: 0, people: 0, tokens: 0 } })
    show()
    const part = await screen.findByTestId('no-consent')
    expect(part.textContent).toContain('Ask the 8 people in your own words')
    expect(part.querySelector('pre')?.textContent).toContain('/v1/people/ann/consent')
  })

  it('says how to begin where nothing was said, and what went wrong', async () => {
    const nothing = { conversations: 0, messages: 0, people: 0, tokens: 0 }
    there = overview({ ...nothing, trainable: nothing, facets: {} })
    show()
    expect(await screen.findByTestId('first-turn')).toBeTruthy()
  })

  it('a store that is away is told in its words', async () => {
    serve({ 'GET /v1/training/overview': () => new Refusal(503, 'the archive is away; mend it') })
    show()
    expect(await screen.findByText('the archive is away; mend it')).toBeTruthy()
    expect(screen.queryByText('Asking…')).toBeNull()
  })
})

describe('the rows that will be written', () => {
  it('are read as a talk, what was redacted is marked, and are shown letter by letter', async () => {
    show()
    const row = await screen.findByTestId('row')
    expect(row.textContent).toContain(
      'of conversation 7, in which 1 piece of personal data is replaced',
    )
    expect(row.querySelector('mark')?.textContent).toBe('[EMAIL_kqzwbtm]')
    expect(row.textContent).toContain('✓ true')
    fireEvent.click(screen.getByRole('button', { name: 'As it is written' }))
    expect(screen.getByTestId('line').textContent).toBe(JSON.stringify(ROW))
    expect(window.location.search).toContain('view=raw')
  })

  it('are of the format that is chosen, with its words', async () => {
    show('?bot=luna')
    await screen.findByTestId('row')
    rows = preview({ format: 'csv', rows: [{ line: 'a,"b"', redactions: 0, conversation: 1 }] })
    fireEvent.change(screen.getByLabelText('Format'), { target: { value: 'csv' } })
    expect((await screen.findByTestId('format')).textContent).toBe(
      'A row is a message, for spreadsheets.',
    )
    expect((await screen.findByTestId('line')).textContent).toBe('a,"b"')
    expect(asked('/v1/training/preview').at(-1)).toEqual({ format: 'csv', limit: '3', bot: 'luna' })
  })

  it('hostile and endless texts are text, and hidden marks are seen', async () => {
    const long = `${HOSTILE}\u202Etxt${'x'.repeat(400_000)}`
    const line = JSON.stringify({ prompt: HOSTILE, messages: [{ from: 'human', value: long }] })
    rows = preview({ rows: [{ line, redactions: 0, conversation: 1 }] })
    show()
    const row = await screen.findByTestId('row')
    expect(row.textContent).toContain(HOSTILE)
    expect(row.textContent).toContain('U+202E')
    expect(row.textContent!.length).toBeLessThan(3_000)
    fireEvent.click(within(row).getByRole('button', { name: /^All 400,0\d\d characters/ }))
    expect(row.textContent!.length).toBeGreaterThan(400_000)
    expect(document.querySelector('img')).toBeNull()
  })

  it('where there are none it says so', async () => {
    rows = preview({ rows: [], note: 'No reply was rated yet.' })
    show()
    expect(await screen.findByText('No reply was rated yet.')).toBeTruthy()
    expect(screen.getByText(/^No row: what is chosen has nothing of what KTO/)).toBeTruthy()
  })
})

describe('making a dataset', () => {
  it('sends what is chosen and shown, and then follows it', async () => {
    show('?tab=make&bot=luna&min=70&consent=all&exported=false')
    const wizard = within(await screen.findByTestId('wizard'))
    fireEvent.click(await wizard.findByRole('radio', { name: /^CSV/ }))
    expect(wizard.getByTestId('recap').textContent).toContain(
      'Conversations with luna, of quality 70 or better, not exported before: 30 of 40 conversations',
    )
    fireEvent.change(wizard.getByLabelText(/^test/), { target: { value: '20' } })
    fireEvent.click(wizard.getByRole('checkbox', { name: /^Leave out duplicates/ }))
    fireEvent.change(wizard.getByLabelText('What you will find it by'), {
      target: { value: HOSTILE },
    })
    expect(document.querySelector('pre')?.textContent).toContain('--no-dedupe')
    fireEvent.click(wizard.getByRole('button', { name: /^Make “/ }))
    const bar = await screen.findByRole('progressbar')
    expect(bar.getAttribute('aria-valuenow')).toBe('25')
    expect(told.find((one) => one.method === 'POST')?.body).toEqual({
      name: HOSTILE,
      format: 'csv',
      filters: { bot: 'luna', min_quality: 0.7, exported: false },
      split: { train: 0.7, validation: 0.1, test: 0.2 },
      seed: 0,
      redact: true,
      dedupe: false,
    })
    expect(window.location.search).toBe('?tab=datasets&open=d1')
  })

  it('a refusal is told, and nothing that was typed is lost', async () => {
    refusal = new Refusal(422, 'a dataset of that name is there; choose another')
    show('?tab=make')
    const name = await screen.findByLabelText('What you will find it by')
    fireEvent.change(name, { target: { value: 'spring' } })
    fireEvent.click(await screen.findByRole('button', { name: 'Make “spring”' }))
    expect((await screen.findByRole('alert')).textContent).toContain('choose another')
    expect((name as HTMLInputElement).value).toBe('spring')
  })

  it('is not offered where nothing may be trained on', async () => {
    there = overview({ trainable: { conversations: 0, messages: 0, people: 0, tokens: 0 } })
    show('?tab=make')
    const button = await screen.findByRole<HTMLButtonElement>('button', { name: /^Make “kto-2/ })
    expect(button.disabled).toBe(true)
  })
})

describe('datasets', () => {
  it('one that is made can be cancelled, and is followed until it is', async () => {
    made = [dataset({ status: 'running', progress: 0.5 })]
    show('?tab=datasets')
    await screen.findByRole('progressbar', { name: 'spring is being made' })
    fireEvent.click(screen.getByRole('button', { name: 'Cancel' }))
    expect((await screen.findByTestId('news')).textContent).toBe('spring is cancelled.')
    await waitFor(() => expect(screen.getByTestId('status').textContent).toBe('– Cancelled'))
  })

  it('tell their files with sums, what was left out and why, and on what basis', async () => {
    made = [dataset()]
    show('?tab=datasets&open=d1')
    const details = within(await screen.findByTestId('details'))
    const link = await details.findByRole('link', { name: 'data/train-00000.jsonl' })
    expect(link.getAttribute('href')).toBe('/v1/datasets/d1/files/data/train-00000.jsonl')
    expect(details.getAllByText('abababababab…')).toHaveLength(1)
    expect(details.getByTestId('excluded').textContent).toBe(
      'agreement is no rating7 conversations, 77 messages',
    )
    const part = (name: string) => details.getByRole('region', { name }).textContent
    expect(part('Counted')).toContain('partstrain 1,080, validation 120')
    expect(part('On what basis')).toContain('consent2contract1')
    expect(part('Personal data that was replaced')).toContain('email34')
    expect(part('What an emoji alone would have called a rating')).toContain('77 reactions more')
    expect(details.getByText(/"roomtone": "0.1.0"/)).toBeTruthy()
  })

  it('are deleted once asked, and a refusal is told', async () => {
    made = [dataset()]
    refusal = new Refusal(403, 'that takes the scope export')
    show('?tab=datasets')
    fireEvent.click(await screen.findByRole('button', { name: 'Delete…' }))
    expect(document.activeElement?.textContent).toBe('Keep it')
    fireEvent.click(screen.getByRole('button', { name: 'Keep it' }))
    expect(document.activeElement?.textContent).toBe('Delete…')
    fireEvent.click(screen.getByRole('button', { name: 'Delete…' }))
    fireEvent.click(screen.getByRole('button', { name: 'Delete for good' }))
    expect((await screen.findByRole('alert')).textContent).toContain('that takes the scope export')
    refusal = null
    await act(async () => fireEvent.click(screen.getByRole('button', { name: 'Delete for good' })))
    await waitFor(() => expect(screen.queryByTestId('dataset')).toBeNull())
    expect(screen.getByTestId('news').textContent).toBe('spring is deleted, with its files.')
  })

  it('that are stale or failed say what to do', async () => {
    made = [
      dataset({ status: 'stale' }),
      dataset({ id: 'd2', name: HOSTILE, status: 'failed', error: 'the disk is full; free some' }),
    ]
    show('?tab=datasets&open=d1')
    await screen.findAllByTestId('dataset')
    const details = within(await screen.findByTestId('details'))
    await details.findByText('data/train-00000.jsonl')
    expect(details.queryByRole('link', { name: 'data/train-00000.jsonl' })).toBeNull()
    expect(screen.getByText('the disk is full; free some')).toBeTruthy()
    expect(document.querySelector('img')).toBeNull()
    expect(screen.getByText(/Train on it no more: make it anew/)).toBeTruthy()
    fireEvent.click(screen.getAllByRole('button', { name: 'Make it anew' })[0]!)
    await waitFor(() =>
      expect(told.find((one) => one.method === 'POST')?.body).toMatchObject({
        filters: { bot: 'luna' },
        seed: 5,
      }),
    )
  })

  it('are shown fifty at a time, and one that is come for is seen wherever it stands', async () => {
    made = Array.from({ length: 120 }, (_, i) =>
      dataset({ id: `d${120 - i}`, name: `n${120 - i}` }),
    )
    show('?tab=datasets&open=d1')
    await screen.findByRole('article', { name: 'n1' })
    expect(await screen.findByTestId('details')).toBeTruthy()
    expect(screen.getAllByTestId('dataset')).toHaveLength(51)
    fireEvent.click(screen.getByRole('button', { name: 'Next' }))
    await screen.findByText('51 to 100 of 120')
    expect(await screen.findByRole('article', { name: 'n70' })).toBeTruthy()
  })

  it('where none was made it leads to making one', async () => {
    show('?tab=datasets')
    const link = await screen.findByRole('link', { name: 'Make one' })
    expect(link.getAttribute('href')).toBe('/data?tab=make')
  })

  it('what is copied is copied', async () => {
    const writeText = vi.fn(async () => {})
    vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText } })
    show()
    const row = await screen.findByTestId('row')
    await act(async () => fireEvent.click(within(row).getByRole('button', { name: 'Copy: Row 1' })))
    expect(writeText).toHaveBeenCalledWith(JSON.stringify(ROW))
  })
})
