/**
 * A picture on its way. It develops as a print does: under the red light, without colour, until the work on the server
 * brings it out; then the finished photo fades in over it, in the same place.
 */
import { useCallback } from 'react'
import { Tile } from '../gallery/tile.tsx'
import { CheckIcon, CloseIcon } from '../shell/icons.tsx'
import { useStore } from '../store.ts'
import { cancelPrint } from '../uploads/uploads.ts'
import { changePrint, developing, type Print, type Stage } from './developing.ts'
import { focusTileOf, PrintOver } from './print-over.tsx'
import { Ring } from './ring.tsx'

interface PrintTileProps {
  readonly printKey: string
  readonly width: number
  readonly isCurrent: boolean
  readonly onFocus: (key: string) => void
}

export function PrintTile({ printKey, width, isCurrent, onFocus }: PrintTileProps) {
  const print = useStore(developing, (all) => all.get(printKey))
  if (!print) return null
  const { stage } = print
  return (
    <div className="print" data-stage={stage.kind}>
      {print.preview && stage.kind !== 'ready' && (
        <img
          className="print-preview"
          src={print.preview}
          alt=""
          style={{ filter: `grayscale(${1 - developedOf(stage)})` }}
        />
      )}
      {stage.kind !== 'ready' && (
        <div className="print-safelight" style={{ opacity: 0.9 - 0.75 * developedOf(stage) }} />
      )}
      {stage.kind === 'ready' ? (
        <Finished print={print} width={width} isCurrent={isCurrent} onFocus={onFocus} />
      ) : (
        // biome-ignore lint/a11y: one of the grid's places that the arrow keys go through, and no fieldset of a form
        <div
          className="print-state"
          data-tile={printKey}
          tabIndex={isCurrent ? 0 : -1}
          onFocus={() => onFocus(printKey)}
          role="group"
          aria-label={`${print.name}: ${wordsOf(stage)}`}
        >
          {stage.kind === 'failed' || stage.kind === 'cancelled' ? (
            <PrintOver print={print} stage={stage} width={width} />
          ) : (
            <Going print={print} stage={stage} />
          )}
        </div>
      )}
    </div>
  )
}

/** How far the picture has come out, 0 to 1. */
const developedOf = (stage: Stage) => (stage.kind === 'developing' ? stage.done : stage.kind === 'ready' ? 1 : 0)

function wordsOf(stage: Stage): string {
  switch (stage.kind) {
    case 'waiting':
      return stage.because ?? 'Waiting'
    case 'sending':
      return `Uploading ${Math.round(stage.sent * 100)} %`
    case 'developing':
      return stage.isCancelling ? 'Cancelling' : stage.note
    case 'cancelled':
      return 'Cancelled'
    case 'failed':
      return stage.problem.title
    case 'ready':
      return 'Ready'
    default:
      return stage satisfies never
  }
}

function Finished({ print, width, isCurrent, onFocus }: { readonly print: Print } & Omit<PrintTileProps, 'printKey'>) {
  const { key, preview, stage } = print
  const shown = useCallback(() => {
    if (!preview) return
    setTimeout(() => {
      URL.revokeObjectURL(preview)
      changePrint(key, { preview: undefined })
    }, FADE_MS)
  }, [key, preview])
  if (stage.kind !== 'ready') return null
  return (
    <>
      {preview && <img className="print-preview" src={preview} alt="" />}
      <div className="print-finished">
        <Tile
          itemKey={key}
          photo={stage.photo}
          width={width}
          isCurrent={isCurrent}
          onFocus={onFocus}
          onShown={shown}
          isOverPreview={preview !== undefined}
          canSelect
        />
      </div>
      <span className="print-done" aria-hidden="true">
        <CheckIcon />
      </span>
    </>
  )
}

const FADE_MS = 900

function Going({ print: { key, name }, stage }: { readonly print: Print; readonly stage: Stage }) {
  const isCancelling = stage.kind === 'developing' && stage.isCancelling === true
  return (
    <>
      <Ring
        sent={stage.kind === 'sending' ? stage.sent : stage.kind === 'developing' ? 1 : 0}
        done={developedOf(stage)}
        isIdle={stage.kind === 'waiting'}
      />
      <button
        type="button"
        className="print-cancel"
        onClick={(event) => {
          focusTileOf(event.currentTarget)
          void cancelPrint(key)
        }}
        disabled={isCancelling}
        aria-label={`Cancel ${name}`}
        title="Cancel"
      >
        <CloseIcon />
      </button>
      <span className="print-words">
        <span className="print-name">{name}</span>
        <span className="print-note">{wordsOf(stage)}</span>
      </span>
    </>
  )
}
