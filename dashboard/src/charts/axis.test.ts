// Where turns stand: evenly, or where their time is; the nearest one is found from any place.
import { expect, test } from 'vitest'
import { axisOf, nearest } from './axis'

test('turn by turn all are equally far apart, whatever lies between them', () => {
  expect(axisOf([0, 5, 90_000], 300, 'turn').x).toEqual([50, 150, 250])
})

test('by time a pause is a gap', () => {
  expect(axisOf([0, 10, 100], 116, 'time').x).toEqual([8, 18, 108])
  expect(axisOf([7, 7], 100, 'time').x).toEqual([25, 75])
})

test('the nearest turn is found', () => {
  const axis = axisOf([0, 1, 2], 300, 'turn')
  expect([-9, 99, 101, 160, 999].map((place) => nearest(axis, place))).toEqual([0, 0, 1, 1, 2])
  expect(nearest(axisOf([], 300, 'turn'), 5)).toBeNull()
})
