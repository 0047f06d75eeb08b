/** Rules about package.json and the lockfile. */
import type { Finding, SourceFile } from './source-text.ts'

interface Manifest {
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Dependencies have one version each, so that a new clone gets what was tested. Peers may give a range: they are the user's. */
export function checkExactVersions({ path, text }: SourceFile): readonly Finding[] {
  const manifest: Manifest = JSON.parse(text)
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
  return Object.entries(wanted)
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.-]+)?$/.test(version) && !/^(file|workspace):/.test(version))
    .map(([name, version]) => ({
      file: path,
      rule: 'exact-versions',
      message: `asks for ${name} ${version}: write the one version that was tested (npm install --save-exact)`,
    }))
}

/** The lockfile names no mirror: packages come from the public registry, or from wherever npm is told to look. */
export function checkLockfile({ path, text }: SourceFile): readonly Finding[] {
  const lock: { readonly packages: Readonly<Record<string, { readonly resolved?: string; readonly link?: boolean }>> } =
    JSON.parse(text)
  return Object.entries(lock.packages)
    .filter(([, { resolved, link }]) => resolved !== undefined && !link && !resolved.startsWith(PUBLIC_REGISTRY))
    .map(([name, { resolved }]) => ({
      file: path,
      rule: 'lockfile',
      message: `has ${name} from ${resolved}: run \`npm install --omit-lockfile-registry-resolved\` and commit the result`,
    }))
}

const PUBLIC_REGISTRY = ['https://registry', 'npmjs', 'org/'].join('.')

/** Every subpath of "exports" has its source, and the built files that belong to that source. */
export function checkExportsMap({ path, text }: SourceFile, exists: (file: string) => boolean): readonly Finding[] {
  const manifest: Manifest = JSON.parse(text)
  return Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
    const found = (message: string): Finding => ({
      file: path,
      rule: 'exports-map',
      message: `exports "${subpath}": ${message}`,
    })
    if (typeof target === 'string') return exists(target) ? [] : [found(`${target} does not exist`)]
    const source = target['millrace-source'] ?? ''
    const stem = source.replace(/^\.\/src\//, './dist/').replace(/\.ts$/, '')
    return [
      ...(exists(source)
        ? []
        : [found(`${source || 'its millrace-source'} does not exist: write it, or take the subpath out`)]),
      ...(target['types'] === `${stem}.d.ts` ? [] : [found(`"types" must be ${stem}.d.ts`)]),
      ...(target['default'] === `${stem}.js` ? [] : [found(`"default" must be ${stem}.js`)]),
      ...(Object.keys(target)[0] === 'millrace-source' && Object.keys(target).at(-1) === 'default'
        ? []
        : [found('"millrace-source" must come first and "default" last: the first match wins')]),
    ]
  })
}
