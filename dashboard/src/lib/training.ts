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
  trainable_by: string
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
  conversations: number
  messages: number
  /** Who withdrew while it was made. */
  people?: number
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
  redactions: number
  conversation: number
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
  rows: number
}

/** What a dataset was asked for and has, as it lies beside its files. */
export interface Manifest {
  roomtone: string
  plan: Partial<Omit<Order, 'filters'>> & {
    filters?: Record<string, unknown>
    ranges?: [number, number][] | null
  }
  counts: Record<string, unknown>
  consent: { people: number; basis: Record<string, number> }
  /** Of what an emoji alone would have called a rating, what is none. */
  contamination: { rows: number; left_out: number; reasons: Record<string, number> }
  /** Pieces of personal data that were replaced, by their kind. */
  redactions: Record<string, number>
  files: (DatasetFile & { trace?: string })[]
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
  files: DatasetFile[]
  counts: Record<string, unknown>
  excluded: Excluded[]
  /** What makes the same on the command line. */
  command: string
  /** Of one that is looked at by itself; while it is made it is the plan alone. */
  manifest?: Partial<Manifest> | null
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
  /** Or conversations one by one. */
  filters: Filters & { ids?: number[] }
  split: Split
  seed: number
  redact: boolean
  dedupe: boolean
  min_confidence?: number
  min_reply_quality?: number
  quality?: 'v1' | 'v2'
  system?: string
  context?: number
  /** Conversations at most. */
  limit?: number
  file?: string
  license?: string
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

/** How many are shown at once. */
export const SHOWN = 50

export function fetchDatasets(user = '', offset = 0) {
  const asked = path('/v1/datasets', { user, offset, limit: SHOWN })
  return ask<{ datasets: Dataset[]; total: number }>(asked)
}

export function fetchDataset(id: string) {
  return ask<Dataset>(one(id))
}

export function makeDataset(order: Order) {
  return change<Dataset>('POST', '/v1/datasets', { ...order, filters: typed(order.filters) })
}

/** Filters as JSON has them: an address knows words only. */
function typed(filters: Order['filters']): Record<string, unknown> {
  const found = Object.entries(filters).filter(([, value]) => value !== '')
  return Object.fromEntries(
    found.map(([key, value]) => {
      if (key === 'min_quality') return [key, Number(value)]
      if (key === 'voice' || key === 'exported') return [key, value === 'true']
      return [key, value]
    }),
  )
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

/** What a row of it is, as a sentence. */
export function sentenceOf({ phrase }: Format): string {
  return /[.!?]$/.test(phrase) ? phrase : `A row is ${phrase}.`
}

/** Nought is a number too. */
const isNumber = (value: unknown): value is number => typeof value === 'number'

/** The order that makes the same dataset anew; null where it is not known. */
export function orderOf({ plan }: Partial<Manifest>): Order | null {
  // What was made of a manifest names its conversations; only the command line makes that again.
  if (!plan?.format || plan.ranges) return null
  const known = ['bot', 'user', 'language', 'emotion', 'meaning', 'min_quality', 'start', 'end']
  const filters: Filters & Record<string, string | number[]> = {}
  if (Array.isArray(plan.filters?.ids)) filters.ids = plan.filters.ids as number[]
  for (const key of [...known, 'voice', 'exported']) {
    const value = plan.filters?.[key]
    if (value !== null && value !== undefined) filters[key] = String(value)
  }
  // One that is not parted is all for training.
  const whole = { train: Object.values(plan.split ?? {}).some((share) => share > 0) ? 0 : 1 }
  const { name = '', format, split, seed = 0, redact = true, dedupe = true } = plan
  return {
    name,
    format,
    filters,
    split: { validation: 0, test: 0, ...whole, ...split },
    seed,
    redact,
    dedupe,
    ...(isNumber(plan.min_confidence) ? { min_confidence: plan.min_confidence } : {}),
    ...(isNumber(plan.min_reply_quality) ? { min_reply_quality: plan.min_reply_quality } : {}),
    ...(plan.quality === 'v2' ? { quality: plan.quality } : {}),
    ...(plan.system ? { system: plan.system } : {}),
    ...(plan.context === undefined ? {} : { context: plan.context }),
    ...(plan.limit ? { limit: plan.limit } : {}),
    ...(plan.file ? { file: plan.file } : {}),
    ...(plan.license ? { license: plan.license } : {}),
  }
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
    ['--file', order.file],
    ['--license', order.license],
    ['--seed', order.seed ? String(order.seed) : undefined],
    ['--limit', order.limit ? String(order.limit) : undefined],
    ['--min-confidence', order.min_confidence?.toString()],
    ['--min-reply-quality', order.min_reply_quality?.toString()],
    ['--quality', order.quality],
    ['--system', order.system],
    ['--context', order.context === undefined ? undefined : String(order.context)],
  ]
  const flags = [
    filters.voice === 'true' ? '--voice' : '',
    filters.voice === 'false' ? '--no-voice' : '',
    filters.exported === 'true' ? '--exported' : '',
    filters.exported === 'false' ? '--no-exported' : '',
    order.redact ? '' : '--no-redact',
    order.dedupe ? '' : '--no-dedupe',
  ].filter(Boolean)
  const values = parts.flatMap(([flag, value]) => (value ? [`${flag} ${quoted(value)}`] : []))
  return ['roomtone export', ...values, ...flags].join(' \\\n  ')
}

/** "train=0.9,validation=0.1": as the command line takes it. */
function shares(split: Split): string {
  const parts = Object.entries(split).filter(([, share]) => share > 0)
  return parts.map(([part, share]) => `${part}=${Number(share.toFixed(4))}`).join(',')
}
