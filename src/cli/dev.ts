import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, type FSWatcher, watch } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock, type Timer } from '../kernel/clock.ts'
import { freePort } from '../kernel/free-port.ts'
import type { Supervisor } from '../plans/supervisor.ts'
import { readCall } from './arguments.ts'
import { runSupervisor, superviseCall } from './start.ts'

/** Changes that come within this time are one. */
const SETTLE_MS = 120
/** In development nobody waits long for a request to end. */
const DRAIN_MS = 2_000
/** Folders whose changes are none of web's and worker's. */
const IGNORED = /(^|[\\/])(node_modules|dist|\.millrace|\.git|pages|samples|coverage)([\\/]|$)/

export async function run(args: readonly string[]): Promise<number> {
  const call = await readCall(args)
  const { app, appPath, settings } = call
  const vite = app.pages === undefined ? undefined : findVite(app.pages)
  const webPort = vite === undefined ? settings.PORT : await freePort()
  const address = `http://${settings.HOST}:${settings.PORT}`
  const supervisor = superviseCall(call, { PORT: String(webPort), NODE_ENV: 'development' }, (own) => {
    process.stdout.write(
      `${app.name} is ready at ${vite === undefined ? own : address}; code is watched; Ctrl-C stops it\n`,
    )
  })
  const pages =
    vite === undefined || app.pages === undefined
      ? undefined
      : startVite(vite, fileURLToPath(app.pages), settings, webPort)
  const watchers = watchCode([dirname(appPath), ...ownSource()], supervisor)
  try {
    return await runSupervisor(supervisor, DRAIN_MS)
  } finally {
    for (const watcher of watchers) watcher.close()
    pages?.kill('SIGTERM')
  }
}

/** Restarts web and worker when code below the folders changes. */
function watchCode(folders: readonly string[], supervisor: Supervisor): readonly FSWatcher[] {
  let settling: Timer | undefined
  let changed = new Set<string>()
  const onChange = (file: string): void => {
    changed.add(file)
    settling?.cancel()
    settling = systemClock.after(SETTLE_MS, () => {
      process.stdout.write(`dev    │ ${[...changed].slice(0, 3).join(', ')} changed: restarting\n`)
      changed = new Set()
      void supervisor.restart(DRAIN_MS)
    })
  }
  return folders.map((folder) =>
    watch(folder, { recursive: true }, (_, file) => {
      if (file !== null && /\.(ts|js|mjs|sql|json)$/.test(file) && !/\.test\.ts$/.test(file) && !IGNORED.test(file))
        onChange(file)
    }),
  )
}

/** In Millrace's own repository its source is watched too. */
function ownSource(): readonly string[] {
  const source = resolve(import.meta.dirname, '..')
  return source.endsWith(`${sep}src`) ? [source] : []
}

function findVite(pages: URL): string | undefined {
  try {
    const manifest = createRequire(pages).resolve('vite/package.json')
    const program = join(dirname(manifest), 'bin', 'vite.js')
    return existsSync(program) ? program : undefined
  } catch {
    return undefined
  }
}

function startVite(
  program: string,
  folder: string,
  settings: { readonly HOST: string; readonly PORT: number },
  webPort: number,
): ChildProcess {
  const args = [
    program,
    folder,
    '--host',
    settings.HOST,
    '--port',
    String(settings.PORT),
    '--strictPort',
    '--clearScreen',
    'false',
    '--logLevel',
    'warn',
  ]
  const vite = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, MILLRACE_WEB_PORT: String(webPort) },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  vite.on('exit', (code) => {
    // a taken port is Vite's to tell; without pages there is nothing to develop
    if (code !== null && code !== 0) process.kill(process.pid, 'SIGTERM')
  })
  return vite
}
