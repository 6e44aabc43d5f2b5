// A line goes through what is known and is broken where nothing is.
import { expect, test } from 'vitest'
import { path } from './path'

const same = (value: number) => value

test('a value that is not known breaks the line', () => {
  expect(path([1, 2, null, 4, 5], same, same)).toBe('M0.0 1.0L1.0 2.0M3.0 4.0L4.0 5.0')
})

test('nothing known is no line', () => {
  expect(path([null, null], same, same)).toBe('')
})
