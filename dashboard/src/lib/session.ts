// Whether the server knows who looks: a refusal anywhere leads to the page that asks for a key.

let word = ''
let away = false
const watchers = new Set<() => void>()

const tell = () => watchers.forEach((watcher) => watcher())

/** What goes along with every change, so that no other site's page can ask for one. */
export const csrf = () => word

export function setCsrf(next: string): void {
  word = next
}

/** The server answered 401. */
export function refused(): void {
  if (away) return
  away = true
  tell()
}

/** Somebody came or went: the page begins anew, so that nothing of one project stays for another. */
export function begin(): void {
  away = false
  word = ''
  tell()
  window.location.reload()
}

export const isRefused = () => away

export function watchRefused(watcher: () => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}
