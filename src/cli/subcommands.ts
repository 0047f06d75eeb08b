/** Commands that have commands of their own: `millrace dead redrive`. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { EXIT } from '../app/run-process.ts'
import { nearest } from '../kernel/nearest.ts'
import { cliErrors } from './errors.ts'

/** What stands behind the name of a command, read. */
export interface Given {
  readonly words: readonly string[]
  readonly isJson: boolean
  /** The value of an option; undefined: it was not given. */
  text(option: string): string | undefined
  isSet(option: string): boolean
  /** @throws MILLRACE_CLI_ARGUMENT_MISSING */
  atLeastOne(what: string): readonly string[]
  /** @throws MILLRACE_CLI_ARGUMENT_MISSING */
  missing(what: string): never
}

export interface Option {
  /** What stands for its value in the help; absent: it has none. */
  readonly value?: string
  readonly about: string
}

export interface Subcommand {
  readonly name: string
  /** What follows the name, but for the options. */
  readonly words?: string
  readonly about: string
  readonly details?: readonly string[]
  readonly options: Readonly<Record<string, Option>>
  readonly run: (given: Given) => Promise<number>
}

const JSON_OPTION: Option = { about: 'one JSON object instead of text' }

/**
 * Runs one of the subcommands; the first of them when none is named.
 *
 * @throws MILLRACE_CLI_SUBCOMMAND_UNKNOWN, and what the subcommand throws
 */
export async function runSubcommand(
  command: string,
  subcommands: readonly Subcommand[],
  args: readonly string[],
): Promise<number> {
  const [first = '', ...rest] = args
  const isNamed = first !== '' && !first.startsWith('-')
  const subcommand = isNamed ? subcommands.find(({ name }) => name === first) : subcommands[0]
  if (subcommand === undefined) {
    const known = subcommands.map(({ name }) => name)
    throw cliErrors.MILLRACE_CLI_SUBCOMMAND_UNKNOWN({ command, given: first, nearest: nearest(first, known), known })
  }
  const own = isNamed ? rest : args
  if (own.includes('--help') || own.includes('-h')) {
    process.stdout.write(helpOf(command, subcommand))
    return EXIT.done
  }
  return subcommand.run(read(command, subcommand, own))
}

function read(command: string, subcommand: Subcommand, args: readonly string[]): Given {
  const options: ParseArgsOptionsConfig = { json: { type: 'boolean' } }
  for (const [name, { value }] of Object.entries(subcommand.options))
    options[name] = { type: value === undefined ? 'boolean' : 'string' }
  const { values, positionals } = parseArgs({
    args: [...args],
    options,
    allowPositionals: subcommand.words !== undefined,
  })
  return {
    words: positionals,
    isJson: values['json'] === true,
    text: (option) => (typeof values[option] === 'string' ? values[option] : undefined),
    isSet: (option) => values[option] === true,
    atLeastOne(what) {
      return positionals.length > 0 ? positionals : this.missing(what)
    },
    missing(what) {
      throw cliErrors.MILLRACE_CLI_ARGUMENT_MISSING({ what, usage: usageOf(command, subcommand) })
    },
  }
}

function usageOf(command: string, { name, words, options }: Subcommand): string {
  const isOptional = Object.keys(options).length > 0 ? ' [options]' : ''
  return `millrace ${command} ${name}${words === undefined ? '' : ` ${words}`}${isOptional} [--json]`
}

function helpOf(command: string, subcommand: Subcommand): string {
  const options = Object.entries({ ...subcommand.options, json: JSON_OPTION }).map(
    ([name, { value, about }]) => [`--${name}${value === undefined ? '' : ` ${value}`}`, about] as const,
  )
  const width = Math.max(...options.map(([option]) => option.length))
  return [
    usageOf(command, subcommand),
    '',
    subcommand.about,
    ...(subcommand.details ?? []),
    '',
    ...options.map(([option, about]) => `  ${option.padEnd(width)}  ${about}`),
    '',
  ].join('\n')
}
