// The live session's page: it says that it listens, shows what is noticed, and follows the room.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeSocket } from '../testing/FakeSocket'
import { alert, explain, session, snapshot, T0, tick } from '../testing/samples'
import { EngagementDashboard } from './EngagementDashboard'

const HOSTILE = '<img src=x onerror=alert(1)>'
const asked: { url: string; body: unknown }[] = []

beforeEach(() => {
  asked.length = 0
  vi.setSystemTime(new Date((T0 + 8) * 1000))
  vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
    const body: unknown = init?.body ? JSON.parse(init.body as string) : null
    asked.push({ url, body })
    const { verdict } = (body ?? {}) as { verdict?: 'acknowledged' }
    return Response.json(url.includes('verdict') ? alert({ verdict: verdict ?? '' }) : explain)
  })
})

function show() {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <EngagementDashboard session="keynote" />
    </QueryClientProvider>,
  )
  FakeSocket.last.accept()
}

describe('EngagementDashboard', () => {
  it('displays loading state', async () => {
    show()
    expect(screen.getByTestId('loading').textContent).toContain('Listening')
    await FakeSocket.last.push(snapshot([0.5, 0.52]))
    expect(screen.queryByTestId('loading')).toBeNull()
    expect(screen.getByTestId('score').textContent).toContain('52')
  })

  it('shows anomaly alert', async () => {
    show()
    await FakeSocket.last.push(snapshot([0.5, 0.52]))
    expect(screen.getByText('Nothing noticed')).toBeTruthy()
    await FakeSocket.last.push({ topic: 'alerts', kind: 'alert', alert: alert() })

    const banner = screen.getByRole('alert')
    expect(banner.textContent).toContain('Critical: Sudden drop')
    const card = within(screen.getByTestId('anomaly-card'))
    expect(card.getByText('Critical')).toBeTruthy()
    expect(card.getByText(/Sudden drop/)).toBeTruthy()
    expect(card.getByText('6')).toBeTruthy()
    expect(card.getByText('42')).toBeTruthy()
    expect(card.getByText('−36')).toBeTruthy()
    const evidence = within(screen.getByTestId('evidence'))
    expect(evidence.getByText('Half-space trees').closest('div')?.textContent).toContain('0.7')
    expect(evidence.getByText('z-score').closest('div')?.textContent).toContain('0.9')

    fireEvent.click(screen.getByRole('button', { name: 'Acknowledge' }))
    await waitFor(() => expect(screen.getByText('✓ Acknowledged')).toBeTruthy())
    expect(asked.find((one) => one.url === '/v1/alerts/verdict')?.body).toEqual({
      id: alert().id,
      verdict: 'acknowledged',
    })
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('is loud for CRITICAL only', async () => {
    show()
    await FakeSocket.last.push(snapshot([0.5], { alerts: [alert({ severity: 'WARNING' })] }))
    expect(screen.queryByRole('alert')).toBeNull()
    expect(screen.getByTestId('banner').getAttribute('role')).toBe('status')
  })

  it('updates live data', async () => {
    show()
    await FakeSocket.last.push(snapshot([0.5, 0.52]))
    const chat = () => screen.getByTestId('signal-chat').textContent
    expect(chat()).toContain('14')
    await FakeSocket.last.push(tick(T0 + 5, 0.61))
    expect(screen.getByTestId('score').textContent).toContain('61')
    expect(screen.getByTestId('score').textContent).toContain('High')
    expect(chat()).toContain('15')
    await waitFor(() => expect(chat()).toContain('gives26.7 of 30.0'))
    expect(screen.getByTestId('signal-active').textContent).toContain('of 61 in the room')
  })

  it('says when the number of people is an estimate', async () => {
    show()
    const guessed = session({ fields: { presence_known: 0, total_users: 40, active_users: 9 } })
    await FakeSocket.last.push(snapshot([0.5], { session: guessed }))
    expect(screen.getByTestId('signal-active').textContent).toContain('estimated')
  })

  it('shows hostile text as text', async () => {
    show()
    await FakeSocket.last.push(
      snapshot([0.5], {
        alerts: [alert({ message: HOSTILE })],
        events: [
          {
            at: '2026-11-21T10:00:01Z',
            session: 'keynote',
            type: 'message',
            user: HOSTILE,
            text: HOSTILE,
            emoji: null,
            role: 'user',
          },
        ],
      }),
    )
    expect(document.querySelector('img')).toBeNull()
    expect(within(screen.getByTestId('ticker')).getAllByText(HOSTILE)).toHaveLength(2)
    expect(within(screen.getByTestId('anomaly-card')).getByText(HOSTILE)).toBeTruthy()
  })

  it('keeps names and texts off the stage', async () => {
    window.history.replaceState(null, '', '/live/keynote?stage=1')
    show()
    await FakeSocket.last.push(snapshot([0.5], { alerts: [alert()] }))
    const stage = screen.getByTestId('stage').textContent
    expect(stage).toContain('52')
    expect(stage).toContain('Sudden drop')
    expect(stage).not.toContain('keynote')
    expect(stage).not.toContain(alert().message)
  })
})
