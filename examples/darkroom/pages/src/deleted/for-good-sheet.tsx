/** Asks once more before photos are gone for good. */
import { useEffect, useRef, useState } from 'react'
import type { DeletedPhoto } from '../api/photos.ts'
import { type Problem, problemOf } from '../api/problem.ts'
import { titleOf } from '../gallery/words.ts'
import { ProblemNote } from '../shell/problem-note.tsx'
import { Sheet } from '../shell/sheet.tsx'
import { toast } from '../shell/toasts.ts'
import { bytesText, photosText } from '../words.ts'

interface ForGoodSheetProps {
  readonly photos: readonly DeletedPhoto[]
  readonly run: (photo: DeletedPhoto) => Promise<void>
  readonly onClose: () => void
}

export function ForGoodSheet({ photos, run, onClose }: ForGoodSheetProps) {
  const [left, setLeft] = useState(photos)
  const [isGoing, setGoing] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  /** Closing the sheet keeps what is left. */
  const isOpen = useRef(false)
  useEffect(() => {
    isOpen.current = true
    return () => {
      isOpen.current = false
    }
  }, [])
  const confirm = async () => {
    setGoing(true)
    setProblem(undefined)
    try {
      for (const photo of left) {
        if (!isOpen.current) return
        await run(photo)
        setLeft((now) => now.filter((other) => other !== photo))
      }
      toast({ text: `${whatOf(photos)} deleted for good, ${bytesText(bytesOf(photos))} free again` })
      onClose()
    } catch (thrown) {
      setProblem(problemOf(thrown))
      setGoing(false)
    }
  }
  return (
    <Sheet title={`Delete ${whatOf(left)} for good?`} onClose={onClose}>
      <p>
        {left.length === 1 ? 'It cannot' : 'They cannot'} be brought back after that. {bytesText(bytesOf(left))} of your
        storage are free again at once.
      </p>
      {problem && <ProblemNote problem={problem} />}
      <div className="sheet-actions">
        <button type="button" className="button" onClick={onClose}>
          {left.length === 1 ? 'Keep it' : 'Keep them'}
        </button>
        <button type="button" className="button-primary" disabled={isGoing} onClick={() => void confirm()}>
          Delete for good
        </button>
      </div>
    </Sheet>
  )
}

function whatOf(photos: readonly DeletedPhoto[]): string {
  const [only, other] = photos
  return only && !other ? `“${titleOf(only)}”` : photosText(photos.length)
}

const bytesOf = (photos: readonly DeletedPhoto[]): number => photos.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
