// Evidence and guesses are told apart, also where a source is new.
import { expect, test } from 'vitest'
import { guessed, isGuess, originOf } from './sources'

test('estimates and defaults are guesses, all else is not', () => {
  const all = ['measured', 'model', 'store', 'heuristic', 'estimate', 'default']
  expect(all.filter(isGuess)).toEqual(['estimate', 'default'])
  expect(originOf('oracle')).toMatchObject({ word: 'oracle', guess: false })
})

test('the share of guesses is that of both, and unknown where nothing is', () => {
  expect(guessed({ store: 0.5, estimate: 0.3, default: 0.2 })).toBeCloseTo(0.5)
  expect(guessed({})).toBeNull()
})
