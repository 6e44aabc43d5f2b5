// Lays a session's panels out: wide ones first, then two columns that become one on a phone.
import { PANELS } from './index'
import type { PanelProps } from './view'

export function SessionPanels({ view }: PanelProps) {
  const at = (place: string) =>
    PANELS.filter((panel) => panel.place === place).map(({ id, Component }) => (
      <Component key={id} view={view} />
    ))
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      {at('wide')}
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4 max-xl:order-2">{at('left')}</div>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">{at('right')}</div>
      </div>
    </div>
  )
}
