// Levels, severities and alert types: their words, icons and colours.
import { LEVEL_BOUNDS, type AlertType, type Level, type Severity } from '../wire'

/** The level of a score between 0 and 1. */
export function levelOf(score: number): Level {
  for (const [level, least] of LEVEL_BOUNDS) if (score >= least) return level
  return 'VERY_LOW'
}

export const LEVEL_WORDS: Record<Level, string> = {
  VERY_HIGH: 'Very high',
  HIGH: 'High',
  MODERATE: 'Moderate',
  LOW: 'Low',
  VERY_LOW: 'Very low',
}

/** The CSS variable that holds a level's colour; `ink` is the shade for text. */
export function levelColor(level: Level, ink = false): string {
  return `--level-${level.toLowerCase().replace('_', '-')}${ink ? '-ink' : ''}`
}

/** Below this the room is being lost: the line that the documents draw at 30 %. */
export const CRITICAL_SCORE = 0.3

export interface Look {
  icon: string
  word: string
  tone: string
}

// Icons are text glyphs with the text presentation selector: no font, no image, no emoji surprise.
export const SEVERITIES: Record<Severity, Look> = {
  CRITICAL: { icon: '▲', word: 'Critical', tone: 'critical' },
  WARNING: { icon: '◆', word: 'Warning', tone: 'warning' },
  INFO: { icon: '●', word: 'Info', tone: 'info' },
}

export const ALERT_TYPES: Record<AlertType, { icon: string; word: string; hint: string }> = {
  SUDDEN_DROP: {
    icon: '⤓',
    word: 'Sudden drop',
    hint: 'Ask the room something that everybody can answer in one word.',
  },
  GRADUAL_DECLINE: {
    icon: '↘',
    word: 'Gradual decline',
    hint: 'A change of pace helps: a poll, a question, another voice.',
  },
  MASS_EXIT: {
    icon: '⇥',
    word: 'Mass exit',
    hint: 'Say what comes next and why it is worth staying.',
  },
  LOW_ENGAGEMENT: {
    icon: '▁',
    word: 'Low engagement',
    hint: 'Invite a reaction: it is the least that somebody can give.',
  },
  PIPELINE_STALL: {
    icon: '⏸',
    word: 'Feed stalled',
    hint: 'The feed sends nothing at all: check the source before you blame the room.',
  },
  RECOVERED: { icon: '✓', word: 'Recovered', hint: 'The room is back.' },
}
