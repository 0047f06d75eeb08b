/** One import: how far it is, the photos that came last, what was left out, and what can be done. */
import { type ReactNode, useState } from 'react'
import type { Import } from '../api/imports.ts'
import type { Photo } from '../api/photos.ts'
import { Picture } from '../gallery/picture.tsx'
import { labelOf } from '../gallery/words.ts'
import { openFailures, openPhoto, pathOfPhoto } from '../shell/route.ts'
import { photosText } from '../words.ts'
import { stopSending } from './import-archives.ts'
import { goOn, isOpen, putAway, takeBack } from './imports.ts'
import { LeftOutFiles } from './left-out.tsx'
import type { ShownImport } from './shown-import.ts'
import { cameOf, lacksRoom, standingText } from './words.ts'

export function ImportCard({ one }: { readonly one: ShownImport }) {
  const { name, stage } = one
  const found = stage.kind === 'there' ? stage.found : undefined
  const isGoingOn = found ? isOpen(found) : stage.kind !== 'refused'
  return (
    <article className="import" aria-label={`Import of ${name}`} data-going={isGoingOn}>
      <header className="import-head">
        <div className="import-words">
          <h2>{name}</h2>
          <p className="import-standing">{standingText(one)}</p>
        </div>
        <div className="import-actions">
          <Actions one={one} />
        </div>
      </header>
      <Bar one={one} />
      {stage.kind === 'refused' && <p className="import-why">{stage.problem.detail}</p>}
      {found?.problem && (
        <p className="import-why">
          {found.problem.detail} <code>{found.problem.code}</code>
        </p>
      )}
      {stage.kind !== 'refused' && <Strip photos={found?.latest ?? []} isFilling={isGoingOn} />}
      {!found && isGoingOn && <p className="import-note">Keep this page open until it is uploaded.</p>}
      {found && <Ends found={found} />}
    </article>
  )
}

/** What is sent, then unpacked, in grey; what is developed of it in the safelight's red. */
function Bar({ one: { stage } }: { readonly one: ShownImport }) {
  if (stage.kind === 'refused') return null
  const { come, developed } = progressOf(stage)
  return (
    <div className="import-bar" aria-hidden="true">
      <i className="import-come" style={{ transform: `scaleX(${come})` }} />
      <i className="import-developed" style={{ transform: `scaleX(${developed})` }} />
    </div>
  )
}

function progressOf(stage: Exclude<ShownImport['stage'], { kind: 'refused' }>) {
  if (stage.kind === 'waiting') return { come: 0, developed: 0 }
  if (stage.kind === 'sending') return { come: stage.sent, developed: 0 }
  const { found, unpacking } = stage
  const came = cameOf(found)
  const come = found.status === 'importing' ? (unpacking?.done ?? 0) : 1
  const share = came > 0 ? (came - found.photos.processing) / came : found.status === 'imported' ? 1 : 0
  return { come, developed: come * share }
}

/** The photos that became ready last: a contact sheet of one row. Its frames are there first, so that nothing moves. */
function Strip({ photos, isFilling }: { readonly photos: readonly Photo[]; readonly isFilling: boolean }) {
  const blanks = FRAMES.slice(isFilling ? photos.length : FRAMES.length)
  if (photos.length + blanks.length === 0) return null
  return (
    <ul className="import-strip" aria-label="The photos that came last">
      {photos.map((photo) => (
        <li key={photo.id}>
          <a
            href={pathOfPhoto(photo.id)}
            aria-label={labelOf(photo)}
            onClick={(event) => {
              event.preventDefault()
              openPhoto(photo.id)
            }}
          >
            <Picture photo={photo} width={STRIP_PX} alt="" />
          </a>
        </li>
      ))}
      {blanks.map((frame) => (
        <li key={frame} aria-hidden="true" />
      ))}
    </ul>
  )
}

/** As many as the server tells of. */
const FRAMES = [0, 1, 2, 3, 4, 5, 6, 7]
const STRIP_PX = 150

/** What did not go well, where it can be looked up; and what cancelling means, while it can be done. */
function Ends({ found }: { readonly found: Import }) {
  const failed = found.photos.failed + found.photos.cancelled
  return (
    <>
      {failed > 0 && (
        <p className="import-note">
          {photosText(failed)} could not be developed.{' '}
          <a
            href="/failed"
            onClick={(event) => {
              event.preventDefault()
              openFailures()
            }}
          >
            See why
          </a>
        </p>
      )}
      {found.leftOutCount > 0 && <LeftOutFiles found={found} />}
      {lacksRoom(found) && !isOpen(found) && (
        <p className="import-note">
          When there is room again, it can go on where it stopped: no photo comes twice. “Done” lets the archive go.
        </p>
      )}
      {isOpen(found) && <p className="import-note">Cancelling it takes back the photos that have come so far.</p>}
    </>
  )
}

function Actions({ one }: { readonly one: ShownImport }) {
  const { key, name, stage, isGoing = false } = one
  const button = (label: string, act: () => void, isPrimary = false): ReactNode => (
    <button
      type="button"
      className={isPrimary ? 'button-primary' : 'button'}
      onClick={act}
      disabled={isGoing}
      aria-label={`${label}: ${name}`}
    >
      {label}
    </button>
  )
  if (stage.kind === 'waiting' || stage.kind === 'sending') return button('Cancel', () => stopSending(key))
  if (stage.kind === 'refused') return button('Dismiss', () => stopSending(key))
  const { found } = stage
  if (isOpen(found)) return button('Cancel import', () => void takeBack(key))
  const came = cameOf(found)
  return (
    <>
      {came > 0 && <TakeBack name={name} count={came} isBusy={isGoing} act={() => void takeBack(key)} />}
      {found.canRetry && button('Go on', () => void goOn(key), true)}
      {button('Done', () => void putAway(key), !found.canRetry)}
    </>
  )
}

interface TakeBackProps {
  readonly name: string
  readonly count: number
  readonly isBusy: boolean
  readonly act: () => void
}

/** Asks back: it is many photos, and they are there already. */
function TakeBack({ name, count, isBusy, act }: TakeBackProps) {
  const [isAsked, setAsked] = useState(false)
  if (!isAsked || isBusy)
    return (
      <button
        type="button"
        className="button"
        disabled={isBusy}
        onClick={() => setAsked(true)}
        aria-label={`Take back: ${name}`}
      >
        Take back …
      </button>
    )
  return (
    <span className="import-ask">
      <button type="button" className="button" onClick={act} ref={focusAtOnce}>
        Delete its {photosText(count)}
      </button>
      <button type="button" className="button" onClick={() => setAsked(false)}>
        Keep
      </button>
    </span>
  )
}

const focusAtOnce = (button: HTMLButtonElement | null) => button?.focus()
