/** What is said of deleted photos. */
import { DAY_MS } from '../../../contract/limits.ts'

const inDays = new Intl.RelativeTimeFormat(undefined, { numeric: 'always' })

/** When a photo goes for good, in whole days: the purge comes at night. */
export function goneText(goneAt: string, nowMs: number): string {
  const days = Math.ceil((Date.parse(goneAt) - nowMs) / DAY_MS)
  return days > 0 ? `Goes for good ${inDays.format(days, 'day')}` : 'Goes for good tonight'
}
