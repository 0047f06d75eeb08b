/**
 * `npm run sbom`: what the package brings along, as CycloneDX, in dist/. Part of `npm pack`. Without the time and the number
 * of its making: the same packages make the same file.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(import.meta.dirname)

interface Component {
  readonly 'bom-ref': string
  /** npm counts what the example needs too as a development dependency: its word on that is left out. */
  readonly properties?: unknown
}
interface Bill {
  readonly serialNumber?: string
  readonly metadata: { readonly timestamp?: string; readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

/** Writes dist/sbom.cdx.json. @throws Error with what npm said */
export function writeBill(): void {
  const npm = spawnSync('npm', ['sbom', '--package-lock-only', '--sbom-format=cyclonedx'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (npm.status !== 0) throw npm.error ?? new Error(`npm sbom failed:\n${npm.stderr}`)
  const { serialNumber: _number, ...bill } = atRunTime(JSON.parse(npm.stdout))
  const { timestamp: _time, ...metadata } = bill.metadata
  writeFileSync(join(root, 'dist', 'sbom.cdx.json'), `${JSON.stringify({ ...bill, metadata }, null, 2)}\n`)
}

/** What is needed to run: the package's own dependencies, and theirs. */
function atRunTime(bill: Bill): Bill {
  const manifest: Readonly<Record<'dependencies' | 'optionalDependencies', Readonly<Record<string, string>>>> =
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const wanted = Object.entries({ ...manifest.dependencies, ...manifest.optionalDependencies })
  const own = wanted.map(([name, version]) => `${name}@${version}`)
  const needs = new Map(bill.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
  const kept = new Set<string>()
  const keep = (ref: string): void => {
    if (kept.has(ref)) return
    kept.add(ref)
    for (const next of needs.get(ref) ?? []) keep(next)
  }
  for (const ref of own) keep(ref)
  const { 'bom-ref': us } = bill.metadata.component
  const components = new Map(
    bill.components.map(({ properties: _, ...component }) => [component['bom-ref'], component] as const),
  )
  return {
    ...bill,
    components: [...kept].flatMap((ref) => components.get(ref) ?? []),
    dependencies: [{ ref: us, dependsOn: own }, ...[...kept].map((ref) => ({ ref, dependsOn: needs.get(ref) ?? [] }))],
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeBill()
