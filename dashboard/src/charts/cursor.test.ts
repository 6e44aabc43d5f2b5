// Keys move the cursor of a chart, and never beyond its points.
import { expect, test } from 'vitest'
import { moved } from './cursor'

test('arrows go from point to point, and in from the side they come from', () => {
  expect([moved('ArrowRight', 1, 5), moved('ArrowLeft', 1, 5)]).toEqual([2, 0])
  expect([moved('ArrowRight', null, 5), moved('ArrowLeft', null, 5)]).toEqual([0, 4])
})

test('no key goes beyond the first or the last point', () => {
  expect([moved('PageUp', 3, 5), moved('PageDown', 3, 5, 12)]).toEqual([0, 4])
  expect([moved('Home', 3, 5), moved('End', 3, 5)]).toEqual([0, 4])
})

test('Escape takes it away, other keys leave it, and where nothing is nothing moves', () => {
  expect([moved('Escape', 3, 5), moved('Enter', 3, 5), moved('End', null, 0)]).toEqual([
    null,
    undefined,
    undefined,
  ])
})
