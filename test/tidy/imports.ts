/** Rules about who imports whom. */
import { posix } from 'node:path'
import { ARROWS, DARKROOM_WALLS } from '../arrows.ts'
import { codeOf, type Finding, isTestCode, type SourceFile } from './source-text.ts'

const IMPORT_FORMS: readonly RegExp[] = [
  /\b(?:import|export)\b[\s\w{},*$]*?\bfrom\s*(?=['"])/g,
  /\bimport\s*(?=['"])/g,
  /\bimport\s*\(\s*(?=['"])/g,
  /\bnew URL\(\s*(?=['"]\s*['"]\s*,\s*import\.meta\.url)/g, // how threads and child processes are named
]

/** What a file imports, as written, types included. */
export function importsOf(text: string): readonly string[] {
  const code = codeOf(text)
  return IMPORT_FORMS.flatMap((form) => [...code.matchAll(form)]).map((match) => {
    const open = match.index + match[0].length
    return text.slice(open + 1, text.indexOf(text.charAt(open), open + 1))
  })
}

/** The path from the root that a relative import means; undefined for a package. */
export function resolveImport(file: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(file), specifier)) : undefined
}

const boxOf = (path: string) => /^src\/([^/]+)\//.exec(path)?.[1]

/** Every box imports only what test/arrows.ts allows; nobody inside src/ goes through a box's public entry. */
export function checkArrows(files: readonly SourceFile[], arrows = ARROWS): readonly Finding[] {
  return files.flatMap(({ path, text }) => {
    if (!path.startsWith('src/')) return []
    const box = boxOf(path)
    const found = (message: string): Finding => ({ file: path, rule: 'arrows', message })
    if (box === undefined || arrows[box] === undefined) {
      return [found(`lies in no box of test/arrows.ts: move it into one, or add the new box and its arrows there`)]
    }
    return importsOf(text).flatMap((specifier) => {
      const target = resolveImport(path, specifier)
      if (target === undefined) return []
      const other = boxOf(target)
      if (/^src\/[^/]+\/index\.ts$/.test(target)) {
        return [found(`imports ${specifier}, the entry for users: import from the file that defines the thing`)]
      }
      if (isTestCode(path) || other === undefined || other === box || arrows[box]?.includes(other)) return []
      return [
        found(
          `${box} may not know ${other} (${specifier}): hand it in from src/app, or move the code to where it belongs`,
        ),
      ]
    })
  })
}

/** The folders of Darkroom keep to their side of the walls. */
export function checkWalls(files: readonly SourceFile[], walls = DARKROOM_WALLS): readonly Finding[] {
  const folderOf = (path: string) => /^examples\/darkroom\/([^/]+)\//.exec(path)?.[1]
  return files.flatMap(({ path, text }) => {
    const forbidden = walls[folderOf(path) ?? ''] ?? []
    if (isTestCode(path)) return []
    return importsOf(text).flatMap((specifier) => {
      const other = folderOf(resolveImport(path, specifier) ?? '')
      if (other === undefined || !forbidden.includes(other)) return []
      const message = `imports ${specifier} across the wall to ${other}: what both need belongs into contract/ or data/`
      return [{ file: path, rule: 'walls', message }]
    })
  })
}

/** The package may read its own manifest, for its version: it lies as far above dist/ as above src/. */
const OWN_MANIFEST = 'package.json'

/** A package is entered through its front door: no relative path out of it, no path into its built or source files. */
export function checkPackageDoors(
  files: readonly SourceFile[],
  packages = ['examples/darkroom/', 'bench/'],
): readonly Finding[] {
  return files.flatMap(({ path, text }) => {
    const home = packages.find((folder) => path.startsWith(folder)) ?? (path.startsWith('src/') ? 'src/' : undefined)
    return importsOf(text).flatMap((specifier) => {
      const target = resolveImport(path, specifier)
      const leaves = target !== undefined && home !== undefined && !target.startsWith(home) && target !== OWN_MANIFEST
      const breaksIn = target === undefined && /^(@[^/]+\/)?[^/]+\/(src|dist|lib|build|internal)\//.test(specifier)
      const intoOther = target !== undefined && /(^|\/)node_modules\//.test(target)
      if (!leaves && !breaksIn && !intoOther) return []
      const message = `imports ${specifier}, another package's inside: use what its "exports" offer`
      return [{ file: path, rule: 'package-doors', message }]
    })
  })
}

/** No file imports itself through others. */
export function checkCycles(files: readonly SourceFile[]): readonly Finding[] {
  const known = new Set(files.map(({ path }) => path))
  const edges = new Map(
    files.map(({ path, text }) => {
      const targets = importsOf(text).map((specifier) => resolveImport(path, specifier))
      return [path, targets.filter((t): t is string => t !== undefined && t !== path && known.has(t))] as const
    }),
  )
  const findings: Finding[] = []
  const done = new Set<string>()
  const walk = (path: string, trail: readonly string[]) => {
    const from = trail.indexOf(path)
    if (from !== -1) {
      const circle = [...trail.slice(from), path].join(' → ')
      findings.push({
        file: path,
        rule: 'cycles',
        message: `imports itself: ${circle}; move what both need into a file of its own`,
      })
      return
    }
    if (done.has(path)) return
    for (const next of edges.get(path) ?? []) walk(next, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) walk(path, [])
  return findings
}

/** Named exports only; an entry lists its names. */
export function checkExports(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap(({ path, text }) => {
    if (!path.startsWith('src/') || isTestCode(path)) return []
    const code = codeOf(text)
    const found = (message: string): Finding => ({ file: path, rule: 'exports', message })
    return [
      ...(/\bexport\s+default\b/.test(code) || /\bas\s+default\b/.test(code)
        ? [found('has a default export: give it its name, so that it is called the same everywhere')]
        : []),
      ...(/\bexport\s*\*/.test(code)
        ? [found('has `export *`: list the names, so that the public surface is a decision')]
        : []),
      ...(/^\s*(export\s+)?(declare\s+)?((const\s+)?enum|namespace)\s+\w/m.test(code)
        ? [found('has an enum or a namespace, which type stripping cannot run: use a literal union and `as const`')]
        : []),
    ]
  })
}
