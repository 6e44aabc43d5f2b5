// The keyboard of long tables: j and k go down and up, Enter follows the row's link.
import { useEffect } from 'react'

const ROWS = '.row-link'

export function useRowKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const step = { j: 1, k: -1 }[event.key]
      const target = event.target as HTMLElement
      if (!step || event.ctrlKey || event.metaKey || event.altKey) return
      if (target.closest('input, textarea, select, [contenteditable]')) return
      const links = [...document.querySelectorAll<HTMLElement>(ROWS)]
      const now = links.findIndex((link) => link === document.activeElement)
      const next = links[now < 0 ? (step > 0 ? 0 : links.length - 1) : now + step]
      if (!next) return
      event.preventDefault()
      next.focus({ preventScroll: true })
      next.closest('tr')?.scrollIntoView({ block: 'center' })
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}
