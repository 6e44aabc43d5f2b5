// The panels of a session's page in their order: a new one is a file beside this and a row here.
import type { ComponentType } from 'react'
import { AnomalyPanel } from './AnomalyPanel'
import { ChartPanel } from './ChartPanel'
import { ExplainPanel } from './ExplainPanel'
import { SignalsPanel } from './SignalsPanel'
import { TickerPanel } from './TickerPanel'
import type { PanelProps } from './view'

export interface Panel {
  id: string
  /** `wide` takes the whole width, `left` and `right` share it on wide screens. */
  place: 'wide' | 'left' | 'right'
  Component: ComponentType<PanelProps>
}

export const PANELS: Panel[] = [
  { id: 'chart', place: 'wide', Component: ChartPanel },
  { id: 'signals', place: 'wide', Component: SignalsPanel },
  { id: 'explain', place: 'wide', Component: ExplainPanel },
  { id: 'anomaly', place: 'right', Component: AnomalyPanel },
  { id: 'ticker', place: 'left', Component: TickerPanel },
]
