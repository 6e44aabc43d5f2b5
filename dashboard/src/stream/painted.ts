// A store outside React whose changes reach React at most once per animation frame.

export class Painted {
  version = 0
  private listeners = new Set<() => void>()
  private due = false

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  getVersion = (): number => this.version

  /** Something changed: say so with the next frame that is painted. */
  protected touch(): void {
    if (this.due) return
    this.due = true
    requestAnimationFrame(() => {
      this.due = false
      this.version += 1
      for (const listener of this.listeners) listener()
    })
  }
}
