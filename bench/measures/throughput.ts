/** Bulk enqueue, and drain by one worker. */
import type { Contestant } from '../contestants/contestants.ts'
import { openSession } from '../session.ts'
import type { Sizes } from '../sizes.ts'
import { perSecond, type Trial } from './measure.ts'

/** The best setting of each system's worker, found in the first round: it would take too long to run all in each. */
const best = new Map<string, string>()

/** Submits and works off many jobs in one process, which has done the same with fewer before. */
export async function throughput(trial: Trial): Promise<void> {
  const { contestant, sizes } = trial
  const setting = best.get(contestant.name) ?? (await chooseSetting(trial))
  best.set(contestant.name, setting)
  const { fill, drain } = await fillAndDrain(trial, contestant, setting, sizes.jobCount)
  trial.found('bulk', fill)
  trial.found('drain', drain, setting)
}

async function chooseSetting(trial: Trial): Promise<string> {
  const { contestant, sizes } = trial
  const [first = 'defaults', ...others] = contestant.drainSettings
  if (others.length === 0) return first
  const tried: { readonly setting: string; readonly drain: number }[] = []
  for (const setting of contestant.drainSettings) {
    const { drain } = await fillAndDrain(trial, contestant, setting, sizes.trialJobCount)
    tried.push({ setting, drain })
    trial.tried(setting, drain)
  }
  return tried.toSorted((a, b) => b.drain - a.drain)[0]?.setting ?? first
}

async function fillAndDrain(
  { servers, sizes }: { readonly servers: Trial['servers']; readonly sizes: Sizes },
  contestant: Contestant,
  setting: string,
  count: number,
): Promise<{ readonly fill: number; readonly drain: number }> {
  await using session = await openSession(servers, contestant)
  const { chunk } = contestant
  await session.process.ask('fill', { count: sizes.warmUpJobCount, chunk })
  await session.process.ask('drain', { count: sizes.warmUpJobCount, setting })
  await session.settle()
  const filled = await session.process.ask('fill', { count, chunk })
  await session.settle()
  const drained = await session.process.ask('drain', { count, setting })
  return { fill: perSecond(count, filled.ms), drain: perSecond(count, drained.ms) }
}
