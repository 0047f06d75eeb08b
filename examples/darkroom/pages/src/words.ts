/** Counts, sizes and moments as every page says them. */

const number = new Intl.NumberFormat()
const fraction = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

export const photosText = (count: number): string => `${number.format(count)} ${count === 1 ? 'photo' : 'photos'}`

export const momentText = (instant: string): string => moment.format(new Date(instant))

/** Counted in 1,024s, as the limits are: what may have 64 MB is told to have 64 MB. */
export function bytesText(bytes: number): string {
  if (bytes < KB) return `${bytes} B`
  if (bytes < MB) return `${Math.round(bytes / KB)} KB`
  if (bytes < GB) return `${fraction.format(bytes / MB)} MB`
  return `${fraction.format(bytes / GB)} GB`
}

const [KB, MB, GB] = [2 ** 10, 2 ** 20, 2 ** 30]
