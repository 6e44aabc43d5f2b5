// Samples of what the server tells of training data, datasets, consent and erasing.
import type { Consents, Receipt } from '../lib/rights'
import type { Dataset, Format, Manifest, Overview, Preview } from '../lib/training'
import { T0 } from './samples'

const iso = (seconds: number) => new Date(seconds * 1000).toISOString()

export const formats: Format[] = [
  {
    name: 'kto',
    title: 'KTO',
    phrase: 'a reply that was liked or disliked',
    from: 'ratings',
    trainable_by: 'TRL and Axolotl',
    file: 'jsonl',
  },
  {
    name: 'csv',
    title: 'CSV',
    phrase: 'a message, for spreadsheets',
    from: 'conversations',
    trainable_by: '',
    file: 'csv',
  },
]

export function overview(change: Partial<Overview> = {}): Overview {
  return {
    conversations: 40,
    messages: 400,
    people: 8,
    tokens: 1_000_000,
    trainable: { conversations: 30, messages: 300, people: 3, tokens: 750_000 },
    excluded: [
      { reason: 'no_rating', words: 'no reaction that is a rating', conversations: 0, messages: 0 },
      { reason: 'short', words: 'too short', conversations: 2, messages: 4 },
      {
        reason: 'no_consent',
        words: 'the person was not asked, or said no',
        conversations: 10,
        messages: 100,
      },
    ],
    quality: {
      edges: Array.from({ length: 21 }, (_, i) => i / 20),
      // Ten of 50 to 55, ten of 70 to 75, ten of 95 on.
      counts: Array.from({ length: 20 }, (_, i) => ([10, 14, 19].includes(i) ? 10 : 0)),
    },
    facets: {
      bot: { luna: 25, nova: 15 },
      emotion: { joy: 12 },
      language: { de: 4, en: 36 },
      meaning: { RATING: 9 },
    },
    exported: 5,
    ratings: { desirable: 60, undesirable: 5 },
    ...change,
  }
}

export const ROW = {
  prompt: [{ role: 'user', content: 'my address is [EMAIL_kqzwbtm]' }],
  completion: [{ role: 'assistant', content: 'noted' }],
  label: true,
}

export function preview(change: Partial<Preview> = {}): Preview {
  return {
    format: 'kto',
    rows: [{ line: JSON.stringify(ROW), redactions: 1, conversation: 7 }],
    note: '',
    ...change,
  }
}

export function dataset(change: Partial<Dataset> = {}): Dataset {
  return {
    id: 'd1',
    name: 'spring',
    format: 'kto',
    made: iso(T0),
    status: 'done',
    rows: 1_200,
    bytes: 345_678,
    progress: 1,
    error: '',
    files: [
      { path: 'data/train-00000.jsonl', bytes: 300_000, sha256: 'ab'.repeat(32), rows: 1_080 },
    ],
    counts: { conversations: 700, people: 3, parts: { train: 1_080, validation: 120 } },
    excluded: [
      { reason: 'agreement', words: 'agreement is no rating', conversations: 7, messages: 77 },
    ],
    command: 'roomtone export --format kto',
    manifest: {
      roomtone: '0.1.0',
      plan: {
        name: 'spring',
        format: 'kto',
        filters: { bot: 'luna', user: null, voice: null, trainable: true, ids: null },
        split: { train: 0.9, validation: 0.1 } as Manifest['plan']['split'],
        seed: 5,
        redact: true,
        dedupe: true,
        min_confidence: 0.8,
      },
      consent: { people: 3, basis: { consent: 2, contract: 1 } },
      contamination: { rows: 1_200, left_out: 77, reasons: { agreement: 77 } },
      redactions: { email: 34 },
      files: [],
    },
    ...change,
  }
}

export function consents(change: Partial<Consents['purposes']> = {}): Consents {
  const unasked = { at: null, basis: '', by: '', asked: false }
  return {
    user: 'ann',
    purposes: {
      analytics: { granted: true, ...unasked },
      memory: { granted: false, at: iso(T0), basis: 'consent', by: 'ann', asked: true },
      training: { granted: false, ...unasked },
      ...change,
    },
  }
}

export function receipt(change: Partial<Receipt> = {}): Receipt {
  return {
    person: 'p_3f2a',
    stores: [
      { store: 'archive', removed: 1_234, ok: true, detail: '' },
      { store: 'journal', removed: 56, ok: true, detail: 'two segments were written anew' },
      { store: 'vectors', removed: 0, ok: true, detail: '' },
    ],
    datasets: [{ id: 'd1', name: 'spring' }],
    tombstone: true,
    done: true,
    ...change,
  }
}
