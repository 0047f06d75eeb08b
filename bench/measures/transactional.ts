/** Drain by handlers that each write one row in the transaction that completes their job: exactly-once effects. */
import { openSession } from '../session.ts'
import { bestSetting } from './best-setting.ts'
import { perSecond, type Trial } from './measure.ts'

export async function transactional(trial: Trial): Promise<void> {
  const { contestant, sizes } = trial
  const settings = contestant.transactionalSettings
  if (settings.length === 0) return
  const setting = await bestSetting(trial, 'transactional drain', settings, (candidate) =>
    drainWriting(trial, candidate, sizes.transactionalTrialCount),
  )
  trial.found('transactional', await drainWriting(trial, setting, sizes.transactionalCount), setting)
}

/** @throws when a row is missing, or was written twice. */
async function drainWriting({ servers, contestant, sizes }: Trial, setting: string, count: number): Promise<number> {
  await using session = await openSession(servers, contestant)
  const { process } = session
  const { chunk } = contestant
  await session.query('create table public.written (i integer not null)')
  const warmUp = Math.ceil(sizes.warmUpJobCount / 10)
  await process.ask('fill', { count: warmUp, chunk })
  await process.ask('drain', { count: warmUp, setting, isTransactional: true })
  await session.query('truncate public.written')
  await process.ask('fill', { count, chunk })
  await session.settle()
  const { ms } = await process.ask('drain', { count, setting, isTransactional: true })
  const [written] = await session.query<{ rows: number; jobs: number }>(
    'select count(*)::integer as rows, count(distinct i)::integer as jobs from public.written',
  )
  if (written?.rows !== count || written.jobs !== count)
    throw new Error(`${written?.rows} rows were written, of ${written?.jobs} jobs, not ${count}`)
  return perSecond(count, ms)
}
