/**
 * Turning this process into another program. Plain JavaScript that Node 20 can run.
 */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/**
 * Runs `program` in place of this process: same terminal, same environment, its exit code is ours (128 + n after a
 * signal). Nothing after the call runs to any effect.
 *
 * @param {string} program
 * @param {readonly string[]} args
 */
export function become(program, args) {
  // Where Node can, one process replaces the other: nothing stays in between that could miss a signal.
  if (typeof process.execve === 'function') process.execve(program, [program, ...args], process.env)

  const child = spawn(program, args, { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  process.on('SIGINT', () => {
    // A terminal sends Ctrl-C to the child as well; a second one would tell it to hurry. Without a terminal it is ours alone.
    if (!hasTerminal()) child.kill('SIGINT')
  })
  child.on('error', (error) => {
    console.error(`millrace: ${program} cannot be run (${error.message}).`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
}

function hasTerminal() {
  return Boolean(process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY)
}
