// What the pages of training data ask for by HTTP, what comes back, and the words for it.
import { ask, change, path } from './api'

/** One way to write rows, as the command line names it. */
export interface Format {
  name: string
  title: string
  phrase: string
  /** What a row is made of: conversations, reactions, revisions … */
  from: string
  /** The libraries that read it. */
  trainable_by: string | string[]
  file: string
}

/** Which conversations: as parameters of the address, of the API, and of the command line. */
export interface Filters {
  bot?: string
  user?: string
  language?: string
  emotion?: string
  meaning?: string
  min_quality?: string
  start?: string
  end?: string
  voice?: string
  exported?: string
  trainable?: string
}

export interface Amounts {
  conversations: number
  messages: number
  people: number
  /** About: four characters each. */
  tokens: number
}

/** What is left out of training for one reason. */
export interface Excluded {
  reason: string
  words: string
  conversations?: number
  messages?: number
  /** Of a dataset: rows that were not written. */
  rows?: number
}

export type FacetName = 'bot' | 'emotion' | 'language' | 'meaning'

export interface Overview extends Amounts {
  trainable: Amounts
  excluded: Excluded[]
  /** How many conversations have which quality: 20 bins between 21 edges. */
  quality: { edges: number[]; counts: number[] }
  facets: Partial<Record<FacetName, Record<string, number>>>
  /** Conversations that were exported before. */
  exported: number
  ratings: { desirable: number; undesirable: number }
}

export interface PreviewRow {
  /** The exact text that will be written. */
  line: string
  /** How many pieces of personal data were replaced in it. */
  redactions: number | unknown[]
  conversation: number | string | null
}

export interface Preview {
  format: string
  rows: PreviewRow[]
  note: string
}

export type DatasetStatus = 'running' | 'done' | 'failed' | 'cancelled' | 'stale'

export interface DatasetFile {
  path: string
  bytes: number
  sha256: string
  rows?: number | null
}

export interface Dataset {
  id: string
  name: string
  format: string
  made: string
  status: DatasetStatus
  rows: number
  bytes: number
  /** 0 to 1. */
  progress: number
  error: string
  files?: DatasetFile[]
  counts?: Record<string, number>
  excluded?: Excluded[]
  command?: string
  manifest?: unknown
}

export interface Split {
  train: number
  validation: number
  test: number
}

/** What is to be made. */
export interface Order {
  name: string
  format: string
  filters: Filters
  split: Split
  seed: number
  redact: boolean
  dedupe: boolean
  min_confidence?: number
  limit?: number
}

export const TRAINING = ['training']
export const DATASETS = ['datasets']

export function fetchFormats() {
  return ask<{ formats: Format[] }>('/v1/formats')
}

export function fetchOverview(filters: Filters) {
  return ask<Overview>(path('/v1/training/overview', { ...filters }))
}

export function fetchPreview(format: string, filters: Filters, limit = 3) {
  return ask<Preview>(path('/v1/training/preview', { format, limit, ...filters }))
}

export function fetchDatasets(user = '') {
  return ask<{ datasets: Dataset[] }>(path('/v1/datasets', { user }))
}

export function fetchDataset(id: string) {
  return ask<Dataset>(one(id))
}

export function makeDataset(order: Order) {
  return change<Dataset>('POST', '/v1/datasets', order)
}

/** While it runs this cancels it. */
export function dropDataset(id: string) {
  return change<unknown>('DELETE', one(id))
}

const one = (id: string) => `/v1/datasets/${encodeURIComponent(id)}`

/** Where a file of a dataset is; its path keeps its folders. */
export function fileLink(id: string, file: string): string {
  return `${one(id)}/files/${file.split('/').map(encodeURIComponent).join('/')}`
}

export const STATUSES: Record<
  DatasetStatus,
  { word: string; icon: string; tone: 'info' | 'warning' | 'critical'; says: string }
> = {
  running: { word: 'Being made', icon: '…', tone: 'info', says: '' },
  done: { word: 'Ready', icon: '✓', tone: 'info', says: '' },
  failed: { word: 'Failed', icon: '✕', tone: 'critical', says: 'It is not whole; make it again.' },
  cancelled: { word: 'Cancelled', icon: '–', tone: 'warning', says: 'It is not whole.' },
  stale: {
    word: 'To be made anew',
    icon: '!',
    tone: 'warning',
    says: 'Somebody whose words are in it was erased or took back their consent since. Train on it no more: make it anew, and delete this one.',
  },
}

/** A status by its name; one that is not known is shown as it is called. */
export function statusOf(status: string) {
  if (Object.hasOwn(STATUSES, status)) return STATUSES[status as DatasetStatus]
  return { word: status, icon: '?', tone: 'warning' as const, says: '' }
}

/** How many more of the one than of the other are too many to learn from both. */
const LOPSIDED = 4

export interface Balance {
  /** The share of desirable ones; null where there are none. */
  share: number | null
  /** As "3 : 1"; the smaller one is 1. */
  ratio: string
  /** What to do about it; empty where all is well. */
  warning: string
}

/** How ratings are balanced, and what that does to a trainer. */
export function balance({ desirable, undesirable }: Overview['ratings']): Balance {
  const all = desirable + undesirable
  if (all === 0) return { share: null, ratio: '', warning: '' }
  const share = desirable / all
  if (desirable === 0 || undesirable === 0) {
    const which = desirable === 0 ? 'disliked' : 'liked'
    return {
      share,
      ratio: `${desirable} : ${undesirable}`,
      warning: `All were ${which}. A trainer learns nothing from one side alone: wait for ratings of the other.`,
    }
  }
  const more = Math.max(desirable, undesirable) / Math.min(desirable, undesirable)
  const times = more >= 10 ? String(Math.round(more)) : String(Math.round(more * 10) / 10)
  const [weight, other] =
    desirable > undesirable
      ? ['undesirable_weight', 'desirable_weight']
      : ['desirable_weight', 'undesirable_weight']
  return {
    share,
    ratio: desirable >= undesirable ? `${times} : 1` : `1 : ${times}`,
    warning:
      more > LOPSIDED
        ? `Lopsided. Give KTO's ${weight} about ${times} (${other} 1), or the few are not heard.`
        : '',
  }
}

/** How many conversations have at least this quality, of all whose quality is known. */
export function above(quality: Overview['quality'], least: number): [number, number] {
  const all = quality.counts.reduce((sum, n) => sum + n, 0)
  // A bin counts where it begins at the bound or above; edges like .15 are not exact.
  const found = quality.counts.filter((_, i) => (quality.edges[i] ?? 0) >= least - 1e-9)
  return [found.reduce((sum, n) => sum + n, 0), all]
}

export function redactionsOf(row: PreviewRow): number {
  return Array.isArray(row.redactions) ? row.redactions.length : row.redactions
}

/** What a shell would not take as it stands, within quotes. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** The command that makes the same dataset. */
export function commandOf(order: Order): string {
  const { filters, split } = order
  const parts: [string, string | undefined][] = [
    ['--format', order.format],
    ['--name', order.name],
    ['--bot', filters.bot],
    ['--user', filters.user],
    ['--language', filters.language],
    ['--emotion', filters.emotion],
    ['--meaning', filters.meaning],
    ['--min-quality', filters.min_quality],
    ['--from', filters.start],
    ['--to', filters.end],
    ['--split', shares(split)],
    ['--seed', String(order.seed)],
    ['--limit', order.limit ? String(order.limit) : undefined],
    ['--min-confidence', order.min_confidence ? String(order.min_confidence) : undefined],
  ]
  const flags = [
    filters.voice === 'true' ? '--voice' : '',
    filters.voice === 'false' ? '--no-voice' : '',
    filters.exported === 'true' ? '--exported' : '',
    filters.exported === 'false' ? '--not-exported' : '',
    order.redact ? '' : '--no-redact',
    order.dedupe ? '' : '--no-dedupe',
  ].filter(Boolean)
  const values = parts.flatMap(([flag, value]) => (value ? [`${flag} ${quoted(value)}`] : []))
  return ['roomtone export', ...values, ...flags].join(' \\\n  ')
}

/** "0.9,0.1,0": as the command line takes it. */
function shares({ train, validation, test }: Split): string {
  return [train, validation, test].map((share) => Number(share.toFixed(4))).join(',')
}
