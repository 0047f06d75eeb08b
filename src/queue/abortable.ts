/**
 * What a generator gives, until `signal` fires: then its reason is thrown at once, whatever the generator is waiting for. It
 * is told to return, but may never do so, and so nobody waits for that.
 */
export async function* abortable<T>(given: AsyncGenerator<T>, signal: AbortSignal): AsyncGenerator<T> {
  // one listener for all steps: racing each with one long-lived promise would keep all of them in memory
  let giveUp: (reason: unknown) => void = () => {}
  const abort = (): void => giveUp(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    for (;;) {
      signal.throwIfAborted()
      const step = await new Promise<IteratorResult<T>>((resolve, reject) => {
        giveUp = reject
        given.next().then(resolve, reject)
      })
      if (step.done === true) return
      yield step.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    const returned = given.return(undefined)
    if (!signal.aborted) await returned
    else returned.catch(() => {})
  }
}
