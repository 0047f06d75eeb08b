/** Short messages at the foot of the page. */
import type { Problem } from '../api/problem.ts'
import { storeOf } from '../store.ts'

const TOAST_MS = 8_000
const TOASTS_MAX = 4

export interface Toast {
  readonly key: number
  readonly text: string
  readonly problem?: Problem
  readonly action?: { readonly label: string; readonly run: () => void }
  /** Called once when it goes without its action having been used. */
  readonly onGone?: () => void
}

export const toasts = storeOf<readonly Toast[]>([])
let lastKey = 0

/** Shows a message for 8 s. Past four, the oldest goes early. */
export function toast(message: Omit<Toast, 'key'>): void {
  lastKey += 1
  const key = lastKey
  toasts.update((shown) => [...shown, { ...message, key }])
  setTimeout(() => dismissToast(key), TOAST_MS)
  for (const old of toasts.get().slice(0, -TOASTS_MAX)) dismissToast(old.key)
}

/** Takes a message away as if its time had come. */
export function dismissToast(key: number): void {
  take(key)?.onGone?.()
}

/** Does what the message offers, and takes it away. */
export function runToastAction(key: number): void {
  take(key)?.action?.run()
}

function take(key: number): Toast | undefined {
  const found = toasts.get().find((shown) => shown.key === key)
  if (found) toasts.update((shown) => shown.filter((other) => other !== found))
  return found
}
