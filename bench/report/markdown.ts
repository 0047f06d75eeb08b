/** A report as sections of bench/RESULTS.md. */
import { CONTESTANTS, titleOf } from '../contestants/contestants.ts'
import { disturbance } from '../machine.ts'
import type { Cell, Row } from '../results.ts'
import { backlogGrid, concurrencyGrid, heldGrid, idleGrid, markdownGrid } from './grid.ts'
import { showRatio, showValue } from './numbers.ts'
import type { PlotFile } from './plots.ts'
import { DURABILITY, type Report } from './report.ts'
import type { SectionName } from './sections.ts'
import { photoLine } from './table.ts'

/** One section. `plots`: those that it shows, in bench/plots/. */
export function markdownSection(report: Report, name: SectionName, plots: readonly PlotFile[]): string {
  const images = plots
    .filter(({ section }) => section === name)
    .flatMap((plot) => ['', `![${plot.about}](plots/${plot.name}.svg)`])
  return [...BODIES[name](report, images)].join('\n')
}

const BODIES: Readonly<Record<SectionName, (report: Report, images: readonly string[]) => readonly string[]>> = {
  peers: peers,
  held: (report, images) => [
    '## While an old snapshot is held',
    '',
    ...provenance(report),
    ...images,
    '',
    'The last third of each curve: medians, and the median of the ratios.',
    '',
    ...markdownGrid(heldGrid(report.points)),
  ],
  concurrency: (report, images) => [
    '## Handlers and processes',
    '',
    ...provenance(report),
    ...images,
    '',
    'No-op jobs, jobs/s:',
    '',
    ...markdownGrid(concurrencyGrid(report.points, 'noop')),
    '',
    'Jobs that wait 1 ms, jobs/s:',
    '',
    ...markdownGrid(concurrencyGrid(report.points, 'wait')),
  ],
  backlog: (report, images) => [
    '## Behind a backlog',
    '',
    ...provenance(report),
    ...images,
    '',
    'Milliseconds, behind the backlog and on an empty queue.',
    '',
    ...markdownGrid(backlogGrid(report.backlog), [0, 1]),
  ],
}

function provenance({ facts, command, seconds }: Report): readonly string[] {
  const { machine } = facts
  const noise = disturbance(facts)
  return [
    `- command: \`${command}\``,
    `- date: ${facts.date}, commit ${facts.commit}; ${Math.round(seconds)} s in all`,
    `- machine: ${machine.cores} cores of ${machine.processor}, ${machine.memory}, ${machine.system}; a small commit takes ${machine.commitMs} ms, an empty statement on an idle server ${machine.roundTripMs} ms`,
    ...(noise === undefined ? [] : ['', `**${noise}**`]),
  ]
}

function peers(report: Report, images: readonly string[]): readonly string[] {
  const { facts, rows, photos, missing, sizes, tried, statements } = report
  return [
    '## Medians',
    '',
    ...provenance(report),
    `- versions: ${Object.entries(facts.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}`,
    `- ${sizes.rounds} round${sizes.rounds === 1 ? '' : 's'}, ${sizes.jobCount.toLocaleString('en')} jobs to submit in bulk and to drain`,
    '',
    'In brackets: how many times better Millrace is.',
    '',
    ...summaryTable(rows),
    '',
    `BullMQ: ${DURABILITY}`,
    ...images,
    ...(photos === undefined ? [] : ['', '## Darkroom', '', `${photoLine(photos)}.`]),
    ...(missing.length === 0 ? [] : ['', '## Missing', '', ...missing.map((sentence) => `- ${sentence}`)]),
    '',
    '## An idle worker process',
    '',
    'Everything that it asks of the database.',
    '',
    ...markdownGrid(idleGrid(statements), [0, 1]),
    '',
    '## Spread',
    '',
    'Lowest and highest of all rounds, and the setting of the worker where it has one.',
    '',
    ...spreadTable(rows),
    ...(tried.length === 0 ? [] : ['', '## Settings tried', '', ...triedTable(report)]),
  ]
}

function summaryTable(rows: readonly Row[]): readonly string[] {
  const taking = CONTESTANTS.filter(({ name }) => rows.some((row) => row.cells.some((cell) => cell.system === name)))
  return [
    `| measure | ${taking.map(({ title }) => title).join(' | ')} |`,
    `|---|${taking.map(() => '--:').join('|')}|`,
    ...rows.map((row) => {
      const cells = taking.map(({ name }) => {
        const cell = row.cells.find((c) => c.system === name)
        return cell === undefined ? '' : cellText(row, cell)
      })
      return `| ${row.title}, ${row.unit} | ${cells.join(' | ')} |`
    }),
  ]
}

function cellText(row: Row, cell: Cell): string {
  const value = showValue(cell.median, row.unit)
  if (cell.system === 'millrace') return `**${value}**`
  return Number.isFinite(cell.ratio) ? `${value} (${showRatio(cell.ratio)})` : value
}

function spreadTable(rows: readonly Row[]): readonly string[] {
  const lines = rows.flatMap((row) =>
    row.cells.map((cell) => {
      const [lowest, highest] = [showValue(cell.lowest, row.unit), showValue(cell.highest, row.unit)]
      return `| ${row.title}, ${row.unit} | ${titleOf(cell.system)} | ${cell.setting} | ${lowest} | ${highest} | ${cell.count} |`
    }),
  )
  return ['| measure | system | setting | lowest | highest | rounds |', '|---|---|---|--:|--:|--:|', ...lines]
}

function triedTable({ tried }: Report): readonly string[] {
  return [
    'Rates of the first round, with fewer jobs; the best setting of each system went on.',
    '',
    '| measure | system | setting | jobs/s |',
    '|---|---|---|--:|',
    ...tried.map(
      ({ measure, title, setting, rate }) => `| ${measure} | ${title} | ${setting} | ${showValue(rate, 'jobs/s')} |`,
    ),
  ]
}
