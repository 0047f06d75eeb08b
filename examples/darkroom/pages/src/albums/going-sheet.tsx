/** Asks before an album goes from the reader's sight. */
import { useState } from 'react'
import { orGone, type Problem, problemOf } from '../api/problem.ts'
import { ProblemNote } from '../shell/problem-note.tsx'
import { go, PATH_OF_ALBUMS } from '../shell/route.ts'
import { Sheet } from '../shell/sheet.tsx'
import { toast } from '../shell/toasts.ts'
import { forgetAlbum } from './albums.ts'

interface GoingSheetProps {
  readonly albumId: string
  readonly title: string
  readonly words: string
  readonly action: string
  readonly run: () => Promise<void>
  /** What is said when it is done. */
  readonly gone: string
  readonly onClose: () => void
}

export function GoingSheet({ albumId, title, words, action, run, gone, onClose }: GoingSheetProps) {
  const [problem, setProblem] = useState<Problem>()
  const confirm = async () => {
    try {
      await orGone(run())
      forgetAlbum(albumId)
      go(PATH_OF_ALBUMS)
      toast({ text: gone })
    } catch (thrown) {
      setProblem(problemOf(thrown))
    }
  }
  return (
    <Sheet title={title} onClose={onClose}>
      <p>{words}</p>
      {problem && <ProblemNote problem={problem} />}
      <div className="sheet-actions">
        <button type="button" className="button" onClick={onClose}>
          Keep it
        </button>
        <button type="button" className="button-primary" onClick={() => void confirm()}>
          {action}
        </button>
      </div>
    </Sheet>
  )
}
