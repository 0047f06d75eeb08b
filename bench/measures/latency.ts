/** From submit to the handler's first line, on an idle queue. */
import { quantile } from '../results.ts'
import { openSession } from '../session.ts'
import type { Trial } from './measure.ts'

const WARM_UP_COUNT = 20

export async function latency({ servers, contestant, sizes, found }: Trial): Promise<void> {
  await using session = await openSession(servers, contestant)
  const setting = contestant.latencySetting
  const msMax = sizes.latencyMsMax
  await session.process.ask('latency', { countMax: WARM_UP_COUNT, msMax: msMax / 4, setting })
  await session.settle()
  const { samples } = await session.process.ask('latency', { countMax: sizes.latencyCount, msMax, setting })
  found('latencyP50', quantile(samples, 0.5), setting)
  found('latencyP99', quantile(samples, 0.99), setting)
}
