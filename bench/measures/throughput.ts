/** Bulk enqueue, and drain by one worker. */
import { openSession } from '../session.ts'
import { bestSetting } from './best-setting.ts'
import { perSecond, type Trial } from './measure.ts'

/** Submits and works off many jobs in one process, which has done the same with fewer before. */
export async function throughput(trial: Trial): Promise<void> {
  const { contestant, sizes } = trial
  const rateAt = async (setting: string): Promise<number> =>
    (await fillAndDrain(trial, setting, sizes.trialJobCount)).drain
  const setting = await bestSetting(trial, 'drain', contestant.drainSettings, rateAt)
  const { fill, drain } = await fillAndDrain(trial, setting, sizes.jobCount)
  trial.found('bulk', fill)
  trial.found('drain', drain, setting)
}

async function fillAndDrain(
  { servers, sizes, contestant }: Trial,
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
