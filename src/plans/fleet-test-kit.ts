/**
 * Several worker processes over one database, one of them to be killed on the way. Handlers write down from when to when they
 * ran (fixture/fleet); tests judge by that what the queue promises over all of them together.
 */
import { strict as assert } from 'node:assert'
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { migrationsOf } from '../app/parts.ts'
import { stampEnvironment } from '../data/environment.ts'
import { migrate } from '../data/migrate.ts'
import { type TestQueue, testQueue } from '../testing/test-worker.ts'
import { until } from '../testing/until.ts'
import app from './fixture/fleet/app.ts'
import { type onceWork, rollCallWork, tasks } from './fixture/fleet/contract.ts'

const APP = fileURLToPath(new URL('fixture/fleet/app.ts', import.meta.url))
const SUBMITTER = fileURLToPath(new URL('fixture/fleet/submitter.ts', import.meta.url))
const CLI = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
/** For what takes a moment on a quiet machine. */
export const WAIT_MS = 60_000
/**
 * A machine so busy that a heartbeat is this late would have a living worker declared dead, and its jobs run twice. Of a
 * killed worker the others hear sooner: its process is gone.
 */
const LEASE_MS = 60_000

export interface Fleet extends AsyncDisposable {
  readonly q: TestQueue
  /** Starts another worker process, and resolves when it is registered. */
  add(): Promise<void>
  /** Starts a process that submits (fixture/fleet/submitter.ts). */
  addSubmitter(rounds: number, debounceMs: number): ChildProcess
  /** Kills a worker that runs a job, one at least of each of these kinds: the first words of its name. Answers its process. */
  killBusy(...kinds: readonly string[]): Promise<number>
  /** Has every living worker run a job of another queue at the same time: each of them claims. */
  rollCall(): Promise<void>
  /** Lets the jobs and processes go on that wait for it. */
  open(gate: string): Promise<void>
}

export async function fleet(count: number): Promise<Fleet> {
  const q = await testQueue(tasks)
  const { NODE_TEST_CONTEXT: _context, ...inherited } = process.env
  const env = {
    ...inherited,
    DATABASE_URL: q.url,
    MILLRACE_ENV: 'test',
    LEASE_MS: String(LEASE_MS),
    LOG_LEVEL: 'fatal',
  }
  const started: ChildProcess[] = []
  const workers: ChildProcess[] = []
  let rollCalls = 0
  const start = (...args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [...process.execArgv, '--conditions=millrace-source', ...args], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    started.push(child)
    return child
  }
  const made: Fleet = {
    q,
    async add() {
      const worker = start(CLI, 'worker', APP)
      workers.push(worker)
      const isThere = async (): Promise<boolean> =>
        (await q.db.query('select from millrace.worker where gone_at is null and pid = $1', [worker.pid])).rows.length >
        0
      await until('the worker is there', isThere, WAIT_MS)
    },
    addSubmitter: (rounds, debounceMs) => start(SUBMITTER, String(rounds), String(debounceMs)),
    async killBusy(...kinds) {
      const isBusy = async ({ pid }: ChildProcess): Promise<boolean> => {
        const { rows } = await q.db.query<{ name: string }>(
          'select name from ran where process = $1 and ended is null',
          [pid],
        )
        return rows.length > 0 && kinds.every((kind) => rows.some(({ name }) => name.startsWith(kind)))
      }
      const victim = await until(
        'a worker is busy',
        async () => {
          for (const worker of workers.filter(isAlive)) {
            if (!(await isBusy(worker))) continue
            worker.kill('SIGSTOP') // what it runs now does not end before the kill
            if (await isBusy(worker)) return worker
            worker.kill('SIGCONT')
          }
        },
        WAIT_MS,
      )
      await q.db.query('insert into killed (process, at) values ($1, clock_timestamp())', [victim.pid])
      await kill(victim)
      return victim.pid ?? 0
    },
    async rollCall() {
      rollCalls += 1
      const name = `roll call ${rollCalls}`
      const present = workers.filter(isAlive).map(({ pid }) => pid)
      const one = { name, processes: present.length }
      await q.submitMany(
        rollCallWork,
        present.map(() => one),
      )
      await until(
        'every worker has answered',
        async () => (await endsOf(q, name)).get(name)?.count === present.length,
        WAIT_MS,
      )
      const { rows } = await q.db.query<{ process: number }>('select process from ran where name = $1', [name])
      assert.deepEqual(new Set(rows.map((row) => row.process)), new Set(present))
    },
    async open(gate) {
      await q.db.query('insert into opened (gate) values ($1)', [gate])
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map(kill))
      await q[Symbol.asyncDispose]()
    },
  }
  try {
    await migrate(q.db, migrationsOf(app))
    await stampEnvironment(q.db, 'test')
    await Promise.all(Array.from({ length: count }, () => made.add()))
    return made
  } catch (thrown) {
    await made[Symbol.asyncDispose]()
    throw thrown
  }
}

function isAlive({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}

/** Kills a process, and resolves when it is gone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (!isAlive(child)) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

/** Submits a job of each name, all of them alike, in one transaction. */
export async function submitNamed(
  q: TestQueue,
  task: typeof onceWork,
  of: readonly string[],
  how: { readonly key?: string; readonly ms?: number; readonly gate?: string } = {},
): Promise<void> {
  await q.submitMany(
    task,
    of.map((name) => ({ name, ...how })),
  )
}

export interface Ends {
  /** How often a job of this name ran to its end. */
  readonly count: number
  /** How often in a process that was not killed. */
  readonly surviving: number
}

/** The jobs of a kind (the first words of the name) that ran to their end, by name. */
export async function endsOf(q: TestQueue, kind = ''): Promise<ReadonlyMap<string, Ends>> {
  const { rows } = await q.db.query<Ends & { readonly name: string }>(
    `select r.name, count(*)::integer as count, (count(*) filter (where k.process is null))::integer as surviving
       from ran r left join killed k on k.process = r.process
      where r.ended is not null and starts_with(r.name, $1) group by r.name order by r.name`,
    [kind],
  )
  return new Map(rows.map(({ name, count, surviving }) => [name, { count, surviving }]))
}

export async function untilEnded(q: TestQueue, count: number, kind = ''): Promise<void> {
  await until(`${count} have ended`, async () => (await endsOf(q, kind)).size === count, WAIT_MS)
}

/** Of jobs that end in the commit that settles them: each of these ran to its end once, and nothing else did. */
export async function assertEndedOnce(q: TestQueue, expected: readonly string[], kind = ''): Promise<void> {
  const ends = await endsOf(q, kind)
  assert.deepEqual([...ends.keys()].toSorted(), expected.toSorted())
  const other = [...ends].filter(([, { count }]) => count !== 1)
  assert.deepEqual(other, [], 'each ended once')
}

/** The most jobs that ran at one moment, by `key` or, under the empty key, all together. */
export async function crowdsOf(q: TestQueue, by: 'key' | 'all'): Promise<Readonly<Record<string, number>>> {
  const { rows } = await q.db.query<{ key: string; crowd: number }>(
    `select key, max(crowd)::integer as crowd from (
       select case when $1 then a.key else '' end as key, count(*) as crowd
         from span a join span b on b.began <= a.began and b.ended > a.began and (a.key = b.key or not $1)
        group by a.n, a.key) at
      group by key order by key`,
    [by === 'key'],
  )
  const { rows: open } = await q.db.query('select from span where ended is null')
  assert.equal(open.length, 0, 'every run has an end, or its process was killed')
  return Object.fromEntries(rows.map(({ key, crowd }) => [key, crowd]))
}

export const names = (count: number, kind = 'w'): readonly string[] =>
  Array.from({ length: count }, (_, n) => `${kind}${String(n).padStart(3, '0')}`)
