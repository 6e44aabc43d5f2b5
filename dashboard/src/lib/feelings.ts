// Feelings: the word, the letter and the colour of each label, so that colour never stands alone.
import { EKMAN_OF, type Ekman } from '../wire'

export type Hue = Ekman | 'unsure'

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
  return EKMAN_OF[label] ?? 'unsure'
}

export function letterOf(label: string): string {
  return LETTERS[hueOf(label)]
}

/** The CSS variable of a label's colour; `ink` is the shade for text. */
export function feelingColor(label: string, ink = false): string {
  return `--feel-${hueOf(label)}${ink ? '-ink' : ''}`
}

/** A label as a word: "no_emotion" becomes "no emotion". */
export function feelingWord(label: string): string {
  return label.replaceAll('_', ' ')
}
