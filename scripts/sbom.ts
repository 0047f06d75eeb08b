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
  readonly name: string
}
interface Bill {
  readonly serialNumber?: string
  readonly metadata: { readonly timestamp?: string; readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

/** Writes dist/sbom.cdx.json. @throws Error with what npm said */
export function writeBill(): void {
  const words = ['sbom', '--package-lock-only', '--omit=dev', '--sbom-format=cyclonedx']
  const npm = spawnSync('npm', words, { cwd: root, encoding: 'utf8' })
  if (npm.status !== 0) throw npm.error ?? new Error(`npm sbom failed:\n${npm.stderr}`)
  const { serialNumber: _number, ...bill } = withoutWorkspaces(JSON.parse(npm.stdout))
  const { timestamp: _time, ...metadata } = bill.metadata
  writeFileSync(join(root, 'dist', 'sbom.cdx.json'), `${JSON.stringify({ ...bill, metadata }, null, 2)}\n`)
}

/** npm counts the example among what the package needs; its option against that fails (npm 11). */
function withoutWorkspaces(bill: Bill): Bill {
  const { workspaces }: { readonly workspaces: readonly string[] } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  const examples = workspaces.map((folder) => folder.split('/').at(-1))
  const own = bill.components.filter(({ name }) => examples.includes(name)).map((one) => one['bom-ref'])
  const needs = new Map(bill.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
  const kept = new Set<string>()
  const keep = (ref: string): void => {
    if (kept.has(ref) || own.includes(ref)) return
    kept.add(ref)
    for (const next of needs.get(ref) ?? []) keep(next)
  }
  keep(bill.metadata.component['bom-ref'])
  return {
    ...bill,
    components: bill.components.filter((one) => kept.has(one['bom-ref'])),
    dependencies: bill.dependencies
      .filter(({ ref }) => kept.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) })),
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeBill()
