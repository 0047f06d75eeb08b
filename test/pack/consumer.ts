/**
 * A project as a user has it: an empty folder into which the packed tarball was installed with npm.
 */
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { build } from '../../scripts/build.ts'
import { writeBill } from '../../scripts/sbom.ts'
import { freePort } from '../../src/kernel/free-port.ts'
import { isReady } from '../../src/testing/started-app.ts'
import { until } from '../../src/testing/until.ts'

const root = dirname(dirname(import.meta.dirname))
/** npm may have to fetch the dependencies. */
const NPM_MS_MAX = 180_000
const PROGRAM_MS_MAX = 60_000

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Consumer extends Disposable {
  readonly folder: string
  /** Paths in the tarball, sorted. */
  readonly packed: readonly string[]
  /** Writes a file of the project. */
  write(path: string, text: string): void
  /** Runs a file of the project, or a program's script, with Node and without any of the repository's own conditions. */
  node(...args: readonly string[]): Ran
  /** Runs `millrace start` in a folder of the project until it is ready. */
  start(folder: string): Promise<{ readonly url: string } & AsyncDisposable>
  /** Type-checks the project with the settings that `npx tsc --init` would suggest for Node. */
  typeCheck(files: readonly string[]): Ran
}

/** Builds, packs and installs. `packages` are further ones that the project wants, taken from the repository's own. */
export function installTarball(packages: readonly string[] = []): Consumer {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-pack-'))
  build()
  writeBill()
  const listing = must(npm(root, 'pack', '--ignore-scripts', '--json', '--pack-destination', folder))
  const { filename, files } = firstOf(JSON.parse(listing.stdout))
  const project = join(folder, 'project')
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  must(
    npm(
      project,
      'install',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      ...packages.map(versioned),
      join(folder, filename),
    ),
  )
  return {
    folder: project,
    packed: files.map((file) => file.path).sort(),
    write(path, text) {
      mkdirSync(dirname(join(project, path)), { recursive: true })
      writeFileSync(join(project, path), text)
    },
    node: (...args) => run(project, process.execPath, args, PROGRAM_MS_MAX),
    start: (name) => startIn(project, join(project, name)),
    typeCheck(files) {
      cpSync(join(root, 'node_modules', '@types', 'node'), join(project, 'node_modules', '@types', 'node'), {
        recursive: true,
      })
      cpSync(join(root, 'node_modules', 'undici-types'), join(project, 'node_modules', 'undici-types'), {
        recursive: true,
      })
      const compilerOptions = {
        module: 'nodenext',
        target: 'es2024',
        strict: true,
        noEmit: true,
        types: ['node'],
        allowImportingTsExtensions: true,
      }
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
      const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
      return run(project, process.execPath, [tsc, '-p', '.'], PROGRAM_MS_MAX)
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function startIn(project: string, folder: string): Promise<{ readonly url: string } & AsyncDisposable> {
  const port = await freePort()
  const child = spawn(process.execPath, [join(project, 'node_modules', '.bin', 'millrace'), 'start'], {
    cwd: folder,
    env: { ...environment(), PORT: String(port), MILLRACE_ENV: 'test' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await exited
  }
  try {
    await until('the application is ready', () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
      return isReady(url)
    })
  } catch (error) {
    await stop()
    throw new Error(`${String(error)}\n${output}`, { cause: error })
  }
  return { url, [Symbol.asyncDispose]: stop }
}

interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/** npm answers with a list, or, since version 12, with an object by package name. */
function firstOf(answer: readonly Packed[] | Readonly<Record<string, Packed>>): Packed {
  const [packed] = Object.values(answer)
  if (packed === undefined) throw new Error('npm pack made no tarball')
  return packed
}

function versioned(name: string): string {
  return `${name}@${JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version}`
}

function npm(cwd: string, ...args: readonly string[]): Ran {
  return run(cwd, 'npm', args, NPM_MS_MAX)
}

function run(cwd: string, program: string, args: readonly string[], timeout: number): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    timeout,
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
    env: environment(),
  })
  return { status, stdout: stdout ?? '', stderr: `${stderr ?? ''}${error?.message ?? ''}` }
}

/** Settings of the outer `npm test` and of the test runner are not the project's. */
function environment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_)/i.test(name)))
}

function must(ran: Ran): Ran {
  if (ran.status !== 0) throw new Error(`ended with ${ran.status}: ${ran.stdout}${ran.stderr}`)
  return ran
}
