/** Millrace beside the peers on PostgreSQL, in short alternating rounds over one session each. */
import { CONTESTANTS, type Contestant } from '../contestants/contestants.ts'
import { perSecond } from '../measures/measure.ts'
import { openSession, type Servers, type Session } from '../session.ts'

const ROUNDS = 3
const DRAIN_COUNT = 20_000
const WRITING_COUNT = 2_000
const SINGLE_MS = 300
const CALLERS = 20
const MANY = 256
const SOME = 16

/** The settings that did best in full runs: a gate has no time to try. */
const SETTINGS = {
  millrace: { drain: 'defaults', writing: 'defaults' },
  'graphile-worker': { drain: '5000/200', writing: '500/50' },
  'pg-boss': { drain: 'fetch 2000 2', writing: 'fetch 500 2 x25' },
} as const

type Peer = keyof typeof SETTINGS
type What = 'drain' | 'transactional drain' | 'single enqueue' | 'some' | 'many'

/** Ratios by their names in gate.json, of the best that each did in the rounds: other programs only ever slow one down. */
export async function peerRatios(servers: Servers, say: (line: string) => void): Promise<ReadonlyMap<string, number>> {
  await using cleanup = new AsyncDisposableStack()
  const sessions = new Map<Peer, Session>()
  for (const contestant of CONTESTANTS.filter(isPeer)) {
    const session = cleanup.use(await openSession(servers, contestant))
    await session.query('create table public.written (i integer not null)')
    sessions.set(contestant.name as Peer, session)
  }
  const rounds: Map<string, number>[] = []
  for (let round = 0; round <= ROUNDS; round += 1) {
    const rates = new Map<string, number>()
    for (const [name, session] of sessions)
      for (const [what, rate] of await ratesOf(session, name)) rates.set(`${name} ${what}`, rate)
    if (round > 0) rounds.push(rates) // the first one warms up
    say(`gate: round ${round} of ${ROUNDS} beside the peers`)
  }
  const bestOf = (what: string): number => Math.max(...rounds.map((rates) => rates.get(what) ?? Number.NaN))
  const ratio = (above: string, below: string): number => bestOf(above) / bestOf(below)
  const beside = (what: What, peer: Peer): [string, number] => [
    `${what}, Millrace to ${peer}`,
    ratio(`millrace ${what}`, `${peer} ${what}`),
  ]
  return new Map([
    beside('drain', 'graphile-worker'),
    beside('drain', 'pg-boss'),
    beside('transactional drain', 'pg-boss'),
    beside('single enqueue', 'graphile-worker'),
    beside('single enqueue', 'pg-boss'),
    [`drain, ${MANY} handlers to ${SOME}`, ratio('millrace many', 'millrace some')],
  ])
}

function isPeer({ name }: Contestant): boolean {
  return name in SETTINGS
}

async function ratesOf(session: Session, name: Peer): Promise<readonly (readonly [What, number])[]> {
  const { drain, writing } = SETTINGS[name]
  const plain = [['drain', await drained(session, DRAIN_COUNT, drain)]] as const
  const inTransactions = await drained(session, WRITING_COUNT, writing, true)
  const [written] = await session.query<{ rows: number; jobs: number }>(
    'select count(*)::integer as rows, count(distinct i)::integer as jobs from public.written',
  )
  if (written?.rows !== WRITING_COUNT || written.jobs !== WRITING_COUNT)
    throw new Error(`${name} wrote ${written?.rows} rows of ${written?.jobs} jobs, not ${WRITING_COUNT}`)
  await session.query('truncate public.written')
  const { count, ms } = await session.process.ask('single', { callers: CALLERS, ms: SINGLE_MS })
  await session.process.ask('drain', { count, setting: drain })
  const all = [...plain, ['transactional drain', inTransactions], ['single enqueue', perSecond(count, ms)]] as const
  if (name !== 'millrace') return all
  const some = await drained(session, DRAIN_COUNT, String(SOME))
  return [...all, ['some', some], ['many', await drained(session, DRAIN_COUNT, String(MANY))]]
}

async function drained(session: Session, count: number, setting: string, isTransactional = false): Promise<number> {
  await session.process.ask('fill', { count, chunk: 5_000 })
  await session.settle()
  const { ms } = await session.process.ask('drain', { count, setting, isTransactional })
  return perSecond(count, ms)
}
