/** A picture that will be no photo: why, and what can be done about it. */
import { RetryIcon } from '../shell/icons.tsx'
import { dismissPrint, retryPrint } from '../uploads/uploads.ts'
import type { Print, Stage } from './developing.ts'

interface PrintOverProps {
  readonly print: Print
  readonly stage: Extract<Stage, { kind: 'failed' | 'cancelled' }>
  readonly width: number
}

export function PrintOver({ print, stage, width }: PrintOverProps) {
  const { title, detail, code } = stage.kind === 'failed' ? stage.problem : CANCELLED
  const canRetry = stage.kind === 'cancelled' || stage.canRetry
  const away = print.photoId === undefined ? 'Dismiss' : 'Remove' // what is on the server goes there as well
  return (
    <div className="print-failed" data-narrow={width < 190} title={`${title}. ${detail}${code ? ` (${code})` : ''}`}>
      <p className="print-failed-name">{print.name}</p>
      <p className="print-failed-title">{title}</p>
      <p className="print-failed-detail">{detail}</p>
      {code && <p className="print-failed-code">{code}</p>}
      <div className="print-failed-actions">
        {canRetry && (
          <button
            type="button"
            onClick={(event) => {
              focusTileOf(event.currentTarget)
              void retryPrint(print.key)
            }}
            aria-label={`Try ${print.name} again`}
          >
            <RetryIcon /> Try again
          </button>
        )}
        <button type="button" onClick={() => void dismissPrint(print.key)} aria-label={`${away} ${print.name}`}>
          {away}
        </button>
      </div>
    </div>
  )
}

/** For a button that is about to go: the keyboard stays with its tile. */
export const focusTileOf = (button: HTMLElement): void => button.closest<HTMLElement>('[data-tile]')?.focus()

const CANCELLED = { title: 'Cancelled', detail: 'Its original is safe: it can be developed later.', code: undefined }
