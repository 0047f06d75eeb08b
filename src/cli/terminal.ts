/** What is written where: results to the standard output, how far a long work is to a terminal that watches. */
import { EXIT } from '../app/run-process.ts'

/** Characters of the terminal that reads the results; undefined: it is a file or another program. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined
}

/** Writes a result, as JSON or in words. Answers that all is done. */
export function say(isJson: boolean, result: object, words: () => string): number {
  process.stdout.write(isJson ? `${JSON.stringify(result)}\n` : words())
  return EXIT.done
}

/** Runs a long work that says how far it is, on one line of the terminal. Ctrl-C asks it to end in good order; again, at once. */
export async function withProgress<T>(
  inWords: (count: number) => string,
  work: (progress: { readonly onProgress: (count: number) => void; readonly signal: AbortSignal }) => Promise<T>,
): Promise<{ readonly result: T; readonly isStopped: boolean }> {
  const stopping = new AbortController()
  const onSignal = (): void => stopping.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const { isTTY } = process.stderr
  try {
    const result = await work({
      onProgress: (count) => {
        if (isTTY) process.stderr.write(`\r\u001b[K${inWords(count)}`)
      },
      signal: stopping.signal,
    })
    return { result, isStopped: stopping.signal.aborted }
  } finally {
    if (isTTY) process.stderr.write('\r\u001b[K')
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}
