/** What was measured with, and on: figures without it say nothing. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { peerVersion } from './install.ts'
import { loadGenerator } from './measures/load.ts'
import type { Servers } from './session.ts'

export interface Facts {
  /** The day of the run, as ISO 8601 writes it. */
  readonly date: string
  readonly commit: string
  readonly machine: Readonly<Record<'processor' | 'memory' | 'system', string>> & {
    readonly cores: number
    /** Milliseconds of one small commit of PostgreSQL. */
    readonly commitMs: number
    /** Milliseconds of a statement that does nothing, on an idle machine. */
    readonly roundTripMs: number
    /** Programs that wanted a core in the minute before the run: above a small part of the cores, figures are disturbed. */
    readonly loadBefore: number
  }
  readonly versions: Readonly<Record<string, string>>
}

const GB = 1024 ** 3
/** Load, as a share of the cores, up to which a machine counts as quiet. */
const QUIET_SHARE = 0.25

/** `loadBefore`: what `readLoad` said before anything was started. */
export function readFacts({ postgres, redis }: Servers, loadBefore: number): Facts {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    machine: {
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memory: `${Math.round(totalmem() / GB)} GB`,
      system: `${type()} ${release().split('-')[0]}`,
      commitMs: Number(postgres.commitMs.toFixed(2)),
      roundTripMs: Number(postgres.roundTripMs.toFixed(2)),
      loadBefore,
    },
    versions: {
      Millrace: rootVersion('package.json'),
      'graphile-worker': peerVersion('graphile-worker'),
      'pg-boss': peerVersion('pg-boss'),
      BullMQ: peerVersion('bullmq'),
      Fastify: rootVersion('node_modules/fastify/package.json'),
      Node: process.versions.node,
      PostgreSQL: postgres.version,
      Redis: redis?.version ?? 'not installed',
      'load generator': loadGenerator(),
    },
  }
}

export function readLoad(): number {
  return Number((loadavg()[0] ?? 0).toFixed(1))
}

/** A sentence when other programs used the machine; undefined when it was quiet. */
export function disturbance({ machine }: Facts): string | undefined {
  if (machine.loadBefore <= machine.cores * QUIET_SHARE) return undefined
  return `Other programs were using the machine (load ${machine.loadBefore} on ${machine.cores} cores before the run): these figures are disturbed, latencies most of all.`
}

function rootVersion(path: string): string {
  const manifest = readFileSync(join(import.meta.dirname, '..', path), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

/** The commit that was measured; with a + when files were changed since. */
function commit(): string {
  const git = (...args: readonly string[]): string =>
    spawnSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).stdout?.trim() ?? ''
  const id = git('rev-parse', '--short', 'HEAD')
  return id === '' ? 'unknown' : `${id}${git('status', '--porcelain') === '' ? '' : '+'}`
}
