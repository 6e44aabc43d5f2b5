// Light, dark or as the system has it; charts learn when it changes and read colours from CSS.
import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'
const KEY = 'roomtone.theme'
const ORDER: Theme[] = ['system', 'light', 'dark']

let theme: Theme = stored()
let version = 0
const listeners = new Set<() => void>()

function stored(): Theme {
  try {
    const kept = window.localStorage.getItem(KEY)
    return ORDER.find((one) => one === kept) ?? 'system'
  } catch {
    return 'system' // storage may be forbidden; the theme is then not remembered
  }
}

function changed(): void {
  version += 1
  for (const listener of listeners) listener()
}

function paint(): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

/** Set the theme before the first paint and follow the system's changes. */
export function startTheme(): void {
  paint()
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed)
}

export function setTheme(next: Theme): void {
  theme = next
  try {
    window.localStorage.setItem(KEY, next)
  } catch {
    // not remembered, see stored()
  }
  paint()
  changed()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => theme)
}

/** A number that changes whenever colours do. */
export function useThemeVersion(): number {
  return useSyncExternalStore(subscribe, () => version)
}

export function nextTheme(from: Theme): Theme {
  return ORDER[(ORDER.indexOf(from) + 1) % ORDER.length] ?? 'system'
}

const cache = new Map<string, string>()
let cached = -1

/** The colour that a CSS variable has now, as a canvas takes it. */
export function cssColor(variable: string): string {
  if (cached !== version) {
    cache.clear()
    cached = version
  }
  const known = cache.get(variable)
  if (known) return known
  // light-dark() is resolved for real properties only, so a probe element wears the colour.
  const probe = document.createElement('i')
  probe.style.color = `var(${variable})`
  probe.style.display = 'none'
  document.body.append(probe)
  const color = getComputedStyle(probe).color || '#888888'
  probe.remove()
  cache.set(variable, color)
  return color
}

/** The same colour, more transparent. */
export function fade(color: string, alpha: number): string {
  const parts = color.match(/[\d.]+/g)
  if (!color.startsWith('rgb') || !parts || parts.length < 3) return color
  return `rgba(${parts[0]}, ${parts[1]}, ${parts[2]}, ${alpha})`
}
