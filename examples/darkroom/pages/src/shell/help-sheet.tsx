/** What the keys do. */
import { useEffect, useRef } from 'react'
import { DELETED_DAYS_KEPT } from '../../../contract/limits.ts'
import { storeOf, useStore } from '../store.ts'
import { CloseIcon } from './icons.tsx'

const isHelpShown = storeOf(false)

export const showHelp = (): void => isHelpShown.update(() => true)
const hideHelp = () => isHelpShown.update(() => false)

const KEYS: readonly { readonly what: string; readonly keys: readonly string[] }[] = [
  { what: 'Move through the gallery', keys: ['←', '↑', '↓', '→'] },
  { what: 'The same, without moving the hand', keys: ['h', 'j', 'k', 'l'] },
  { what: 'Open the photo', keys: ['Enter'] },
  { what: 'Previous, next photo', keys: ['←', '→'] },
  { what: 'Back to the gallery or album', keys: ['Esc'] },
  { what: 'Edit the title', keys: ['e'] },
  { what: 'Show or hide the details', keys: ['i'] },
  { what: 'Delete; in an album, take out of it', keys: ['Delete'] },
  { what: 'Select the photo', keys: ['x'] },
  { what: 'Upload', keys: ['u'] },
  { what: 'This help', keys: ['?'] },
]

export function HelpSheet() {
  const dialog = useRef<HTMLDialogElement>(null)
  const isShown = useStore(isHelpShown, (shown) => shown)
  useEffect(() => {
    if (isShown) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isShown])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click is the backdrop's; for the keyboard a modal dialog has Escape
    <dialog
      ref={dialog}
      className="help"
      aria-labelledby="help-title"
      onClose={hideHelp}
      onClick={(event) => event.target === dialog.current && hideHelp()}
    >
      <div className="help-inside">
        <header>
          <h2 id="help-title">Keyboard</h2>
          <button type="button" className="button-icon" onClick={hideHelp} aria-label="Close">
            <CloseIcon />
          </button>
        </header>
        <dl>
          {KEYS.map(({ what, keys }) => (
            <div key={what}>
              <dt>{what}</dt>
              <dd>
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dd>
            </div>
          ))}
        </dl>
        <p>
          Drop files or a ZIP anywhere, or paste a picture, to upload. Both ways to remove a photo can be undone for
          eight seconds; a deleted one waits under “Recently deleted” in your account for {DELETED_DAYS_KEPT} days.
        </p>
      </div>
    </dialog>
  )
}
