// Labels are their senders' words: what is not known, or has an unlucky name, is unsure.
import { expect, test } from 'vitest'
import { feelingColor, hueOf, letterOf } from './feelings'

test('labels belong to a coarse feeling, and what nobody knows is unsure', () => {
  expect(['joy', 'grief', 'saudade', 'constructor', '__proto__'].map(hueOf)).toEqual([
    'joy',
    'sadness',
    'unsure',
    'unsure',
    'unsure',
  ])
  expect([letterOf('toString'), feelingColor('toString', true)]).toEqual(['?', '--feel-unsure-ink'])
})
