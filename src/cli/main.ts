/** The `millrace` command. */

import { readFileSync } from 'node:fs'
import { EXIT } from '../app/run-process.ts'
import { asError, isMillraceError } from '../kernel/errors.ts'
import { COMMANDS, findCommand, helpOf, overview } from './commands.ts'

const [name = 'help', ...rest] = process.argv.slice(2)

process.exitCode = await run().catch((thrown: unknown) => {
  const error = asError(thrown)
  process.stderr.write(`millrace: ${error.message}\n`)
  if (isMillraceError(error)) process.stderr.write(`  what to do: ${error.remedy}\n  code: ${error.code}\n`)
  else if (!isUsageError(error)) process.stderr.write(`${error.stack ?? ''}\n`)
  return isMillraceError(error) && !error.retryable ? EXIT.refused : EXIT.failed
})
// what a command opened and closed may leave sockets behind that nobody needs
process.exit()

async function run(): Promise<number> {
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${versionOf()}\n`)
    return EXIT.done
  }
  const asked = name === 'help' ? findCommand(rest[0] ?? '') : undefined
  if (asked !== undefined) {
    process.stdout.write(helpOf(asked))
    return EXIT.done
  }
  const command = findCommand(name)
  if (command === undefined) {
    const isHelp = ['help', '--help', '-h'].includes(name)
    const text = isHelp
      ? overview()
      : `millrace: there is no command ${name}. It knows: ${COMMANDS.map((c) => c.name).join(', ')}.\n`
    ;(isHelp ? process.stdout : process.stderr).write(text)
    return isHelp ? EXIT.done : EXIT.failed
  }
  const isSubcommand = command.hasSubcommands === true && rest[0] !== undefined && !rest[0].startsWith('-')
  if (!isSubcommand && (rest.includes('--help') || rest.includes('-h'))) {
    process.stdout.write(helpOf(command))
    return EXIT.done
  }
  return (await command.load()).run(rest)
}

function versionOf(): string {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  return manifest.version
}

/** parseArgs says in a sentence what is wrong with the words of a call: no stack is needed. */
function isUsageError(error: Error): boolean {
  return 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
