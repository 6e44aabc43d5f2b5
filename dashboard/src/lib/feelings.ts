// Feelings: the word, the letter and the colour of each label, so that colour never stands alone.
import { EKMAN_OF, type Ekman } from '../wire'

type Hue = Ekman | 'unsure'

const LETTERS: Record<Hue, string> = {
  joy: 'J',
  sadness: 'S',
  anger: 'A',
  fear: 'F',
  surprise: '!',
  disgust: 'D',
  neutral: '–',
  unsure: '?',
}

/** In the order of the legend. */
export const HUES: Hue[] = [
  'joy',
  'surprise',
  'neutral',
  'sadness',
  'fear',
  'anger',
  'disgust',
  'unsure',
]

/** The coarse feeling that a label belongs to; what nobody knows is unsure. */
export function hueOf(label: string): Hue {
  // Labels are their senders' words: one may be called "constructor".
  return (Object.hasOwn(EKMAN_OF, label) && EKMAN_OF[label]) || 'unsure'
}

export function letterOf(label: string): string {
  return LETTERS[hueOf(label)]
}

/** The CSS variable of a label's colour; `ink` is the shade for text. */
export function feelingColor(label: string, ink = false): string {
  return `--feel-${hueOf(label)}${ink ? '-ink' : ''}`
}
