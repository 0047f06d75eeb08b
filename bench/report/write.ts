/** Writes what a run has measured into RESULTS.md and its plots. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MeasureName } from '../options.ts'
import { markdownSection } from './markdown.ts'
import { plotsOf } from './plots.ts'
import type { Report } from './report.ts'
import { MEASURES_OF, mergeSections, SECTIONS } from './sections.ts'

/** Replaces the sections of which everything was measured. Answers the files that it wrote. */
export function writeResults(report: Report, measures: ReadonlySet<MeasureName>, folder: string): readonly string[] {
  const whole = SECTIONS.filter((section) => MEASURES_OF[section].every((measure) => measures.has(measure)))
  if (whole.length === 0) return []
  const plots = plotsOf(report).filter(({ section }) => whole.includes(section))
  const sections = new Map(whole.map((section) => [section, markdownSection(report, section, plots)]))
  const path = join(folder, 'RESULTS.md')
  mkdirSync(join(folder, 'plots'), { recursive: true })
  writeFileSync(path, mergeSections(existsSync(path) ? readFileSync(path, 'utf8') : '', sections))
  const files = plots.map((plot) => {
    const file = join(folder, 'plots', `${plot.name}.svg`)
    writeFileSync(file, plot.svg)
    return file
  })
  return [path, ...files]
}
