/** Calls that belong to one box only, with what to use instead. */
import { codeOf, type Finding, isTestCode, lineAt, type SourceFile } from './source-text.ts'

interface BannedCall {
  readonly rule: string
  readonly pattern: RegExp
  /** Boxes where it is at home. */
  readonly home: readonly string[]
  readonly instead: string
}

const CLOCK = 'take a Clock (src/kernel/clock.ts)'
const IDS = 'use newId, newRandomId or random of src/kernel/ids.ts'

const BANNED_CALLS: readonly BannedCall[] = [
  { rule: 'clock', pattern: /\bDate\.now\b/g, home: ['kernel'], instead: `${CLOCK} and call now()` },
  { rule: 'clock', pattern: /\bnew Date\(\s*\)/g, home: ['kernel'], instead: `${CLOCK} and say new Date(clock.now())` },
  { rule: 'clock', pattern: /\bperformance\.now\b/g, home: ['kernel'], instead: `${CLOCK} and call monotonic()` },
  { rule: 'clock', pattern: /\bprocess\.hrtime\b/g, home: ['kernel'], instead: `${CLOCK} and call monotonic()` },
  {
    rule: 'timers',
    pattern: /(?<![.\w])set(Timeout|Interval)\b/g,
    home: ['kernel'],
    instead: `${CLOCK} and call after() or sleep()`,
  },
  { rule: 'random', pattern: /\bMath\.random\b/g, home: ['kernel'], instead: IDS },
  {
    rule: 'random',
    pattern: /\b(randomUUID|randomBytes|randomInt|getRandomValues)\b/g,
    home: ['kernel'],
    instead: IDS,
  },
  {
    rule: 'environment',
    pattern: /\bprocess\.env\b/g,
    home: ['app', 'cli', 'testing'],
    instead: 'take a setting, parsed once in src/app',
  },
  { rule: 'console', pattern: /\bconsole\.\w+/g, home: ['cli'], instead: 'take a Log (src/kernel/log.ts)' },
]

/** `node:timers` would bring the same in by another door. */
const TIMER_MODULES = /(['"])(node:)?timers(\/promises)?\1/g

/** Time, timers, randomness, the environment and the terminal come through their ports. Tests are free. */
export function checkCalls(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap(({ path, text }) => {
    const box = /^src\/([^/]+)\//.exec(path)?.[1]
    if (box === undefined || isTestCode(path)) return []
    const code = codeOf(text)
    const calls = BANNED_CALLS.filter(({ home }) => !home.includes(box)).flatMap(({ rule, pattern, instead }) =>
      [...code.matchAll(pattern)].map((match) => ({
        file: path,
        rule,
        message: `line ${lineAt(text, match.index)} says ${match[0]}: ${instead}`,
      })),
    )
    const modules = box === 'kernel' ? [] : [...text.matchAll(TIMER_MODULES)]
    return [
      ...calls,
      ...modules.map((match) => ({
        file: path,
        rule: 'timers',
        message: `line ${lineAt(text, match.index)} names ${match[0]}: ${CLOCK} and call after() or sleep()`,
      })),
    ]
  })
}
