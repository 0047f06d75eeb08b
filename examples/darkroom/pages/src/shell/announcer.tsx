/** Tells a screen reader how uploads and imports go, in few words and not too often. */
import { useEffect, useState } from 'react'
import { developing, type Print } from '../developing/developing.ts'
import { imports } from '../imports/imports.ts'
import { milestoneText } from '../imports/words.ts'

const ANNOUNCE_MS = 2_500

export function Announcer() {
  const [words, setWords] = useState('')
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const plan = () => {
      timer ??= setTimeout(() => {
        timer = undefined
        const milestones = [...imports.get().all.values()].map(milestoneText)
        setWords([wordsFor([...developing.get().values()]), ...milestones].filter(Boolean).join('. '))
      }, ANNOUNCE_MS)
    }
    const stops = [developing.subscribe(plan), imports.subscribe(plan)]
    return () => {
      for (const stop of stops) stop()
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
    [count('cancelled'), 'cancelled'],
    [failed.length, 'failed'],
  ] as const
  const told = parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`)
  return [told.join(', '), ...failed.slice(-3)].join('. ')
}
