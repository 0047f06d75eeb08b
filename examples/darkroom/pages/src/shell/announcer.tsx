/** Tells a screen reader how the uploads go, in few words and not too often. */
import { useEffect, useState } from 'react'
import { developing, type Print } from '../developing/developing.ts'

const ANNOUNCE_MS = 2_500

export function Announcer() {
  const [words, setWords] = useState('')
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = developing.subscribe(() => {
      timer ??= setTimeout(() => {
        timer = undefined
        setWords(wordsFor([...developing.get().values()]))
      }, ANNOUNCE_MS)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [])
  return (
    <p className="visually-hidden" role="status" aria-live="polite">
      {words}
    </p>
  )
}

function wordsFor(prints: readonly Print[]): string {
  const count = (kind: Print['stage']['kind']) => prints.filter((print) => print.stage.kind === kind).length
  const failed = prints.flatMap(({ name, stage }) =>
    stage.kind === 'failed' ? [`${name}: ${stage.problem.title}.`] : [],
  )
  const parts = [
    [count('waiting') + count('sending'), 'uploading'],
    [count('developing'), 'developing'],
    [count('ready'), 'ready'],
    [failed.length, 'failed'],
  ] as const
  const told = parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`)
  return [told.join(', '), ...failed.slice(-3)].join('. ')
}
