/** The paper of a plot: one file that is readable on light and dark pages, whatever shows it. */

/** Colours of the series, light and dark: apart for people who do not tell red from green as well. */
const SERIES = [
  { light: '#0969da', dark: '#58a6ff' },
  { light: '#c2410c', dark: '#f0883e' },
  { light: '#0f766e', dark: '#3fb8a5' },
  { light: '#8250df', dark: '#bc8cff' },
  { light: '#6e7781', dark: '#9198a1' },
] as const
const INK = { light: '#1f2328', dark: '#e6edf3' }
const SOFT = { light: '#59636e', dark: '#9198a1' }
const GRID = { light: '#d8dee4', dark: '#30363d' }
const PAPER = { light: '#ffffff', dark: '#0d1117' }
const FONT = 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif'

export interface Paper {
  readonly title: string
  /** What is plotted, in a sentence: read aloud where the picture is not seen. */
  readonly about: string
  readonly width: number
  readonly height: number
}

/** The whole file. `body`: what stands on the paper, in the classes `ink`, `soft`, `grid`, `s0` to `s4` and `f0` to `f4`. */
export function svgFile({ title, about, width, height }: Paper, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(about)}">`,
    `<style>text{font:12px ${FONT}}.title{font-size:15px;font-weight:600}.small{font-size:11px}${coloured('light')}@media(prefers-color-scheme:dark){${coloured('dark')}}.line{fill:none;stroke-width:2;stroke-linejoin:round}.dashed{stroke-dasharray:5 4}.dotted{stroke-dasharray:1.5 3.5;stroke-linecap:round}</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="6"/>`,
    text({ x: 16, y: 26, of: title, look: 'title' }),
    text({ x: 16, y: 44, of: about, look: 'soft' }),
    ...body,
    '</svg>',
    '',
  ].join('\n')
}

function coloured(mode: 'light' | 'dark'): string {
  const series = SERIES.map((colour, n) => `.s${n}{stroke:${colour[mode]}}.f${n}{fill:${colour[mode]}}`)
  return `.paper{fill:${PAPER[mode]}}text{fill:${INK[mode]}}.soft{fill:${SOFT[mode]}}.grid{stroke:${GRID[mode]};stroke-width:1}${series.join('')}`
}

export function text(options: {
  readonly x: number
  readonly y: number
  readonly of: string
  /** Classes. */
  readonly look?: string
  readonly anchor?: 'start' | 'middle' | 'end'
}): string {
  const { x, y, of, look = '', anchor = 'start' } = options
  return `<text x="${rounded(x)}" y="${rounded(y)}" class="${look}" text-anchor="${anchor}">${escaped(of)}</text>`
}

export function gridLine(x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="grid" x1="${rounded(x1)}" y1="${rounded(y1)}" x2="${rounded(x2)}" y2="${rounded(y2)}"/>`
}

export function bar(x: number, y: number, width: number, height: number, series: number): string {
  return `<rect class="f${series}" x="${rounded(x)}" y="${rounded(y)}" width="${rounded(Math.max(width, 1))}" height="${height}" rx="2"/>`
}

export function line(points: readonly (readonly [number, number])[], look: string): string {
  return `<polyline class="line ${look}" points="${points.map(([x, y]) => `${rounded(x)},${rounded(y)}`).join(' ')}"/>`
}

export function dot(x: number, y: number, series: number): string {
  return `<circle class="f${series}" cx="${rounded(x)}" cy="${rounded(y)}" r="3"/>`
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function escaped(of: string): string {
  return of.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
