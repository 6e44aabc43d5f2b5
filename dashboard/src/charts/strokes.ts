// The dashes of lines that share a chart: told apart without colour.

/** As SVG writes them; the first is unbroken. */
export const DASHES = ['none', '7 3', '2 3', '9 3 2 3', '12 4', '4 2', '1 4', '6 2 1 2 1 2']

/** The same for a canvas. */
export function dashes(place: number): number[] {
  return (DASHES[place] ?? 'none').split(' ').map(Number).filter(Number.isFinite)
}
