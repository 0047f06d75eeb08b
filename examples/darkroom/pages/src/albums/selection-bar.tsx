/** What can be done with the photos that are selected: a bar at the foot of the page, over everything, moving nothing. */
import { clearSelection, selection } from '../archive/selection.ts'
import { CloseIcon } from '../shell/icons.tsx'
import { useStore } from '../store.ts'

const number = new Intl.NumberFormat()

interface SelectionBarProps {
  readonly action: { readonly label: string; readonly run: (ids: readonly string[]) => void }
  readonly isInert: boolean
}

export function SelectionBar({ action, isInert }: SelectionBarProps) {
  const ids = useStore(selection, (all) => all)
  if (ids.size === 0) return null
  return (
    <section className="selection" aria-label="Selection" inert={isInert}>
      <p role="status">{number.format(ids.size)} selected</p>
      <button type="button" className="button-primary" onClick={() => action.run([...ids])}>
        {action.label}
      </button>
      <button
        type="button"
        className="button-icon"
        onClick={clearSelection}
        aria-label="Clear the selection"
        title="Clear the selection (Esc)"
      >
        <CloseIcon />
      </button>
    </section>
  )
}
