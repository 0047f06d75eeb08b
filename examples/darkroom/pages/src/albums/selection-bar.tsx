/** What can be done with the photos that are selected: a bar at the foot of the page, over everything, moving nothing. */
import { clearSelection, selection } from '../archive/selection.ts'
import { CloseIcon } from '../shell/icons.tsx'
import { useStore } from '../store.ts'

const number = new Intl.NumberFormat()

interface SelectionBarProps {
  readonly action: { readonly label: string; readonly run: (ids: readonly string[]) => void; readonly isBusy?: boolean }
  /** What stands there while nothing is selected, and how to be rid of it. Without it, there is no bar then. */
  readonly invitation?: { readonly words: string; readonly decline: () => void }
  readonly isInert: boolean
}

export function SelectionBar({ action, invitation, isInert }: SelectionBarProps) {
  const ids = useStore(selection, (all) => all)
  const isEmpty = ids.size === 0
  if (isEmpty && !invitation) return null
  const close = isEmpty ? { label: 'Select nothing', run: invitation?.decline } : CLEAR
  return (
    <section className="selection" aria-label="Selection" inert={isInert}>
      <p role="status" className={isEmpty ? 'selection-words' : ''}>
        {isEmpty ? invitation?.words : `${number.format(ids.size)} selected`}
      </p>
      {!isEmpty && (
        <button
          type="button"
          className="button-primary"
          disabled={action.isBusy ?? false}
          onClick={() => action.run([...ids])}
        >
          <span className="selection-words">{action.label}</span>
        </button>
      )}
      <button type="button" className="button-icon" onClick={close.run} aria-label={close.label} title={close.label}>
        <CloseIcon />
      </button>
    </section>
  )
}

const CLEAR = { label: 'Clear the selection', run: clearSelection }
