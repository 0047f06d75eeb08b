/** 100,000 jobs stuck behind one key, and a tenant with a million jobs: how long the jobs of others wait. */
import type { ClaimedJob } from '../millrace-inside.ts'
import { fillLog } from './fill.ts'
import { tellEvery } from './plain.ts'
import { type BacklogRow, type BacklogRun, compare, openSides, rowOf, type Sample, type Sides } from './scenario.ts'
import type { Side } from './side.ts'
import { keyed, shared } from './tasks.ts'

interface Crowded {
  readonly scenario: string
  readonly task: typeof keyed | typeof shared
  /** The key or the tenant that has it all. */
  readonly crowd: { readonly key?: string; readonly tenant?: string }
  readonly count: number
  /** Jobs of the crowd on the side that is to be empty: as many as the claims hand out. */
  readonly needed: number
  submit(side: Side, i: number): Promise<{ readonly id: string }>
}

const CLAIM = { isGoverned: true, countMax: 10, packMax: 1 }
const CLAIMS_MAX = 20_000

export function stuckKey({ sizes }: BacklogRun): Crowded {
  return {
    scenario: `${sizes.keyCount.toLocaleString('en')} jobs behind one key`,
    task: keyed,
    crowd: { key: 'crowd' },
    count: sizes.keyCount,
    needed: 100,
    submit: (side, i) => side.client.submit(keyed, { i, key: `key ${i % 1_000}` }),
  }
}

export function bigTenant({ sizes }: BacklogRun): Crowded {
  return {
    scenario: `a tenant with ${sizes.tenantCount.toLocaleString('en')} jobs`,
    task: shared,
    crowd: { tenant: 'crowd' },
    count: sizes.tenantCount,
    needed: Math.ceil((sizes.sampleCount * 1.2 * CLAIM.countMax + 500) / 100) * 100,
    submit: (side, i) => side.client.submit(shared, { i, tenant: `tenant ${i % 100}` }),
  }
}

export async function crowded(run: BacklogRun, of: Crowded): Promise<readonly BacklogRow[]> {
  await using sides = await openSides(run)
  await fillCrowd(run, sides.full, of, of.count)
  await fillCrowd(run, sides.empty, of, Math.min(of.needed, of.count))
  const arrival = await justArrived(run, sides, of)
  const rows = await compare(run, of.scenario, sides, run.sizes.sampleCount, async (side, i): Promise<Sample> => {
    const began = performance.now()
    const { id } = await of.submit(side, i)
    const { jobs, claimMs } = await claimUntil(side, of, id)
    const waitedMs = performance.now() - began
    for (const claimed of jobs) await side.succeed(endingOf(of, claimed))
    return { "another's job, from submit to its claim": waitedMs, 'a claim of up to 10 jobs': claimMs }
  })
  return [...rows, ...arrival]
}

/** The jobs of the crowd go into the log at once; another's job comes after them. */
async function justArrived(run: BacklogRun, sides: Sides, of: Crowded): Promise<readonly BacklogRow[]> {
  const waited = { empty: 0, full: 0 }
  for (const name of ['empty', 'full'] as const) {
    const side = sides[name]
    const { id } = await of.submit(side, -1)
    const began = performance.now()
    const { jobs } = await claimUntil(side, of, id)
    waited[name] = performance.now() - began
    run.say(`${of.scenario}, ${name}: another's job right after them took ${jobs.length} claims`)
    for (const claimed of jobs) await side.succeed(endingOf(of, claimed))
  }
  return [rowOf(of.scenario, "another's job right after they came, to its claim", [waited.empty], [waited.full])]
}

/** Claims until a job is handed out. Answers what each claim took, and how long the last one was. */
async function claimUntil(
  side: Side,
  of: Crowded,
  id: string,
): Promise<{ readonly jobs: readonly (readonly ClaimedJob[])[]; readonly claimMs: number }> {
  const lane = side.lanes.get(of.task.queue.name).flow?.flow ?? 0
  const all: (readonly ClaimedJob[])[] = []
  for (let claims = 0; claims < CLAIMS_MAX; claims += 1) {
    const { jobs, ms } = await side.claim({ lane, ...CLAIM })
    all.push(jobs)
    if (jobs.some((job) => job.id === id)) return { jobs: all, claimMs: ms }
  }
  throw new Error(`a job was not handed out by ${CLAIMS_MAX} claims`)
}

/** A stuck key's job runs for ever; all others have succeeded. */
function endingOf({ crowd }: Crowded, jobs: readonly ClaimedJob[]): readonly ClaimedJob[] {
  if (crowd.key === undefined) return jobs
  return jobs.filter((job) => (job.entry.inputOf(job.n) as { readonly key: string }).key !== crowd.key)
}

async function fillCrowd(run: BacklogRun, side: Side, of: Crowded, count: number): Promise<void> {
  const lane = side.lanes.get(of.task.queue.name).flow?.intake ?? 0
  const [name, value] = Object.entries(of.crowd)[0] ?? []
  const backlog = { lane, task: of.task.name, fields: `"${name}":"${value}"`, place: of.crowd }
  await fillLog(side, backlog, count, tellEvery(run, 'jobs of one', count))
  await side.settle()
}
