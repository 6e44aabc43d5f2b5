// The score chart: it draws, says when there is nothing, wears the levels' colours, tells its points.
import { fireEvent, render, screen, within } from '@testing-library/react'
import { describe, expect, it, vi } from 'vitest'
import { LEVEL_BOUNDS } from '../wire'
import { levelColor, levelOf } from '../lib/levels'
import { setTheme } from '../lib/theme'
import { alert, T0 } from '../testing/samples'
import { painted } from '../testing/setup'
import { EngagementChart, type ChartProps } from './EngagementChart'

function chart(scores: (number | null)[], change: Partial<ChartProps> = {}) {
  const t = scores.map((_, i) => T0 + 5 * i)
  return render(
    <EngagementChart t={t} scores={scores} from={T0} to={T0 + 300} title="Score" {...change} />,
  )
}

const figure = () => screen.getByRole('figure', { name: 'Score' })

describe('EngagementChart', () => {
  it('renders with data', () => {
    chart([0.5, 0.7, 0.2])
    expect(figure().querySelector('canvas')).not.toBeNull()
    expect(screen.getByTestId('chart-stats').textContent).toBe('3 points, 20 to 70, mean 47')
  })

  it('shows empty state', () => {
    const { rerender } = chart([])
    expect(figure().querySelector('canvas')).toBeNull()
    expect(screen.getByText('No points yet')).toBeTruthy()
    rerender(<EngagementChart t={[]} scores={[]} from={0} to={1} title="Score" loading />)
    expect(screen.getByText('Listening…')).toBeTruthy()
  })

  it('displays correct colors', async () => {
    const colors = LEVEL_BOUNDS.map(([level], i) => {
      document.documentElement.style.setProperty(levelColor(level), `rgb(${i}, 20, 30)`)
      return `rgb(${i}, 20, 30)`
    })
    setTheme('light') // forgets the colours that were read before
    expect([0.9, 0.8, 0.79, 0.6, 0.5, 0.25, 0.1].map(levelOf)).toEqual([
      'VERY_HIGH',
      'VERY_HIGH',
      'HIGH',
      'HIGH',
      'MODERATE',
      'LOW',
      'VERY_LOW',
    ])
    chart([0.9, 0.1])
    await vi.waitFor(() => expect(painted.gradients.length).toBeGreaterThan(0))
    // The line's gradient runs over the whole axis: each level's colour from its bound upwards.
    const line = painted.gradients.find((stops) => stops.length === 10)!
    expect(line.map(([at]) => at)).toEqual([...line.map(([at]) => at)].toSorted((a, b) => a - b))
    const at = (score: number) => line.findLast(([stop]) => stop <= 1 - score)?.[1]
    expect([0.95, 0.7, 0.5, 0.3, 0.1].map(at)).toEqual(colors)
    // The area wears, at each time, the colour of the level at that time.
    const area = painted.gradients.find((stops) => stops.length === 3)!
    expect(area[0]?.[1]).toMatch(/^rgba\(0, 20, 30, /)
    expect(area.at(-1)?.[1]).toMatch(/^rgba\(4, 20, 30, /)
    expect(painted.texts).toContain('critical 30')
    expect(painted.texts).toContain('Moderate')
  })

  it('tooltip shows correct info', () => {
    chart([0.5, 0.85, 0.25])
    expect(screen.queryByTestId('tooltip')).toBeNull()
    fireEvent.keyDown(figure(), { key: 'End' })
    const tip = within(screen.getByTestId('tooltip'))
    expect(tip.getByText('25')).toBeTruthy()
    expect(tip.getByText('Low')).toBeTruthy()
    expect(tip.getByText('under the critical line')).toBeTruthy()
    expect(tip.getByText(/^\d\d:\d\d:10$/)).toBeTruthy()
    fireEvent.keyDown(figure(), { key: 'ArrowLeft' })
    expect(tip.getByText('85')).toBeTruthy()
    expect(tip.getByText('Very high')).toBeTruthy()
    fireEvent.keyDown(figure(), { key: 'Escape' })
    expect(screen.queryByTestId('tooltip')).toBeNull()
  })

  it('says the point under the cursor, once it stands still', () => {
    vi.useFakeTimers()
    const { container } = chart([0.5, 0.85])
    const said = () => container.querySelector('[aria-live=polite]')?.textContent
    fireEvent.keyDown(figure(), { key: 'ArrowRight' })
    fireEvent.keyDown(figure(), { key: 'ArrowRight' })
    expect(said()).toBe('')
    vi.advanceTimersByTime(400)
    return vi.waitFor(() => expect(said()).toMatch(/: 85 of 100, Very high$/))
  })

  it('has a table with the same points', () => {
    chart([0.5, null, 0.25])
    fireEvent.click(screen.getByText('Show as table'))
    const details = screen.getByText('Show as table').closest('details')!
    details.open = true
    fireEvent(details, new Event('toggle'))
    const rows = within(screen.getByRole('table')).getAllByRole('row').slice(1)
    expect(rows).toHaveLength(3)
    expect(rows[0]?.textContent).toMatch(/25Low$/)
    expect(rows[1]?.textContent).toMatch(/––$/)
  })

  it('pins alerts as buttons', () => {
    const onPin = vi.fn()
    chart([0.5, 0.2], { alerts: [alert({ time: '2026-11-21T10:00:05Z' })], onPin })
    const pin = screen.getByRole('button', { name: /^Critical: Sudden drop at/ })
    fireEvent.click(pin)
    expect(onPin).toHaveBeenCalledOnce()
  })
})
