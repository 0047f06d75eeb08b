/**
 * Whether the server is there. Any request may find out that it is not; from then on one probe at a time asks again,
 * slower and slower, until it answers, and those who wait are told.
 */
import { storeOf } from '../store.ts'

export type Connection =
  | { readonly kind: 'there' }
  | { readonly kind: 'away'; readonly retryAtMs: number; readonly isAsking: boolean }

export const connection = storeOf<Connection>({ kind: 'there' })

const PROBE_FIRST_MS = 2_000
const PROBE_MS_MAX = 30_000
const PROBE_DEADLINE_MS = 8_000

let waitMs = PROBE_FIRST_MS
let timer: ReturnType<typeof setTimeout> | undefined
const waiting = new Set<() => void>()

export function reportAnswer(): void {
  if (connection.get().kind === 'there') return
  clearTimeout(timer)
  waitMs = PROBE_FIRST_MS
  connection.update(() => ({ kind: 'there' }))
  for (const back of [...waiting]) back()
}

export function reportAway(): void {
  if (connection.get().kind === 'there') plan()
}

/** Calls `back` each time the server has come back; returns how to stop. */
export function onReturn(back: () => void): () => void {
  waiting.add(back)
  return () => void waiting.delete(back)
}

/** Resolves when the server is there: at once, or when it is back. */
export function serverThere(): Promise<void> {
  if (connection.get().kind === 'there') return Promise.resolve()
  return new Promise((resolve) => {
    const stop = onReturn(() => {
      stop()
      resolve()
    })
  })
}

/** Asks now, whatever was planned. */
export async function probe(): Promise<void> {
  const state = connection.get()
  if (state.kind === 'there' || state.isAsking) return
  clearTimeout(timer)
  connection.update(() => ({ ...state, isAsking: true }))
  try {
    const response = await fetch('/api/photos?limit=1', {
      signal: AbortSignal.timeout(PROBE_DEADLINE_MS),
      cache: 'no-store',
    })
    if (response.ok || response.status === 401) return reportAnswer()
  } catch {
    // still away: planned below, shown by the banner
  }
  waitMs = Math.min(PROBE_MS_MAX, waitMs * 1.6)
  plan()
}

function plan(): void {
  connection.update(() => ({ kind: 'away', retryAtMs: Date.now() + waitMs, isAsking: false }))
  clearTimeout(timer)
  timer = setTimeout(() => void probe(), waitMs)
}

addEventListener('online', () => void probe())
addEventListener('offline', reportAway)
