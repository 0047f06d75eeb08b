/** The load generator: wrk where it is installed, since it leaves most of the machine to the server; else autocannon. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const CONNECTIONS = 50
const BODY = '{"i":5}'
const SCRIPT = fileURLToPath(new URL('post.lua', import.meta.url))

/** What drives HTTP on this machine. */
export function loadGenerator(): string {
  return hasWrk() ? 'wrk' : 'autocannon'
}

export interface Load {
  readonly count: number
  readonly perSecond: number
}

/** Posts from 50 connections for `ms`. @throws when an answer was no success. */
export async function drive(url: string, ms: number, signal: AbortSignal): Promise<Load> {
  const seconds = String(Math.max(1, Math.round(ms / 1_000)))
  return hasWrk() ? driveWrk(url, seconds, signal) : driveAutocannon(url, seconds, signal)
}

async function driveWrk(url: string, seconds: string, signal: AbortSignal): Promise<Load> {
  const text = await run('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', SCRIPT, url], signal)
  const [, count, took] = /(\d+) requests in ([\d.]+)s/.exec(text) ?? []
  if (/Non-2xx|Socket errors/.test(text) || count === undefined || took === undefined)
    throw new Error(`requests failed:\n${text}`)
  return { count: Number(count), perSecond: Number(count) / Number(took) }
}

async function driveAutocannon(url: string, seconds: string, signal: AbortSignal): Promise<Load> {
  const args = [
    '-c',
    String(CONNECTIONS),
    '-d',
    seconds,
    '-m',
    'POST',
    '-H',
    'content-type=application/json',
    '-b',
    BODY,
    '--json',
  ]
  const text = await run(process.execPath, [fileURLToPath(import.meta.resolve('autocannon')), ...args, url], signal)
  const found = JSON.parse(text) as Record<'2xx' | 'non2xx' | 'errors' | 'duration', number>
  if (found.non2xx + found.errors > 0) throw new Error(`${found.non2xx + found.errors} requests failed`)
  return { count: found['2xx'], perSecond: found['2xx'] / found.duration }
}

async function run(program: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], signal })
  let text = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${program} ended with ${String(code)}:\n${text}${errors}`)
  return text
}

let wrk: boolean | undefined

function hasWrk(): boolean {
  wrk ??= spawnSync('wrk', ['-v']).error === undefined
  return wrk
}
