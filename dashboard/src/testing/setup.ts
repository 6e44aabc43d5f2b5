// What happy-dom lacks and a chart needs: a 2D context, paths, and sizes; each test starts clean.
import { cleanup, configure } from '@testing-library/react'
import { afterEach, beforeEach, vi } from 'vitest'
import { resetLiveConnection } from '../stream/connection'
import { FakeSocket } from './FakeSocket'

export interface Painted {
  gradients: [number, string][][]
  texts: string[]
  dashed: number
}

/** What was painted on canvases during the test. */
export const painted: Painted = { gradients: [], texts: [], dashed: 0 }

class FakeContext {
  [key: string]: unknown
  constructor(readonly canvas: HTMLCanvasElement) {}
  createLinearGradient() {
    const stops: [number, string][] = []
    painted.gradients.push(stops)
    return { addColorStop: (at: number, color: string) => stops.push([at, color]) }
  }
  fillText(text: string) {
    painted.texts.push(text)
  }
  setLineDash(dashes: number[]) {
    if (dashes.length > 0) painted.dashed += 1
  }
  measureText = (text: string) => ({ width: text.length * 7 })
  save() {}
  restore() {}
  beginPath() {}
  moveTo() {}
  lineTo() {}
  stroke() {}
  fill() {}
  fillRect() {}
  clearRect() {}
  clip() {}
  rect() {}
  translate() {}
  rotate() {}
  arc() {}
  closePath() {}
}

class FakePath {
  moveTo() {}
  lineTo() {}
  rect() {}
  arc() {}
  closePath() {}
  bezierCurveTo() {}
  addPath() {}
}

// Machines that do much else at the same time are slow, not wrong.
configure({ asyncUtilTimeout: 4_000 })

beforeEach(() => {
  painted.gradients = []
  painted.texts = []
  painted.dashed = 0
  FakeSocket.all = []
  window.history.replaceState(null, '', '/')
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.stubGlobal('Path2D', FakePath)
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(function (
    this: HTMLCanvasElement,
  ) {
    return new FakeContext(this) as unknown as CanvasRenderingContext2D & GPUCanvasContext
  } as never)
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(800)
})

afterEach(() => {
  cleanup()
  resetLiveConnection()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
