/** Figures as people read them. */

/** Rates as whole numbers with a separator, rounded to what a repetition would confirm; small numbers with two digits. */
export function showValue(value: number, unit: string): string {
  if (unit === 'ms' || unit === 'a second' || unit === 'a minute') return value.toFixed(value < 10 ? 2 : 0)
  if (unit === 'commits') return value < 0.995 ? value.toPrecision(2) : value.toFixed(1)
  const step = value >= 10_000 ? 1_000 : value >= 1_000 ? 100 : 10
  return (Math.round(value / step) * step).toLocaleString('en')
}

/** How many times better Millrace is. */
export function showRatio(ratio: number): string {
  return `${ratio.toFixed(ratio < 10 ? 1 : 0)} ×`
}
