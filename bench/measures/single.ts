/** Single enqueue: many callers, each waiting until its job is stored before it submits the next. */
import { openSession } from '../session.ts'
import { perSecond, type Trial } from './measure.ts'

const WARM_UP_MS = 300

export async function single({ servers, contestant, sizes, found }: Trial): Promise<void> {
  await using session = await openSession(servers, contestant)
  await session.process.ask('single', { callers: 20, ms: Math.min(WARM_UP_MS, sizes.singleMs) })
  for (const [figure, callers] of [
    ['single20', 20],
    ['single50', 50],
  ] as const) {
    await session.settle()
    const { count, ms } = await session.process.ask('single', { callers, ms: sizes.singleMs })
    found(figure, perSecond(count, ms))
  }
}
