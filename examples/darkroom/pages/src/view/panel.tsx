/** What is known about a photo: beside the picture on a wide screen, a sheet from below on a phone. */
import { type PointerEvent, type ReactNode, useRef } from 'react'
import { isOwn } from '../account/who.ts'
import { originalOf, type Photo } from '../api/photos.ts'
import { titleOf } from '../gallery/words.ts'
import { ProblemNote } from '../shell/problem-note.tsx'
import { openPhoto, pathOfPhoto } from '../shell/route.ts'
import { bytesText, momentText } from '../words.ts'
import { EditableText } from './editable-text.tsx'
import { altitudeText, dateText, exposureTexts, mapUrl, positionText, sizeText, timeText } from './facts.ts'
import { Renditions } from './renditions.tsx'
import type { PhotoInView } from './use-photo.ts'

interface PanelProps {
  readonly photo: Photo
  readonly inView: PhotoInView
  readonly isShown: boolean
  readonly onShow: (isShown: boolean) => void
  /** Its like, if it has one, hangs there as well. */
  readonly isArchive: boolean
  readonly isMember: boolean
  readonly canEdit: boolean
}

export function Panel({ photo, inView, isShown, onShow, isArchive, isMember, canEdit }: PanelProps) {
  const { save, problem, reload } = inView
  const exposure = exposureTexts(photo.exposure)
  return (
    <aside className="panel" data-shown={isShown} aria-label="Details">
      <Handle isShown={isShown} onShow={onShow} title={titleOf(photo)} />
      <div className="panel-inside" inert={!isShown}>
        {problem && <ProblemNote problem={problem} action={{ label: 'Try again', run: reload }} />}
        <div className="panel-words">
          {canEdit ? (
            <>
              <EditableText field="title" label="Title" value={photo.title} empty={titleOf(photo)} save={save} />
              <EditableText field="caption" label="Caption" value={photo.caption} empty="Add a caption" save={save} />
            </>
          ) : (
            <>
              <h2 className="text text-title">{titleOf(photo)}</h2>
              {photo.caption && <p className="text text-caption">{photo.caption}</p>}
            </>
          )}
        </div>
        {photo.duplicateOf && isArchive && (
          <p className="panel-duplicate">
            Nearly the same as{' '}
            <a href={pathOfPhoto(photo.duplicateOf)} onClick={(event) => follow(event, photo.duplicateOf)}>
              another photo
            </a>
            .
          </p>
        )}
        {exposure.length > 0 && (
          <ul className="panel-exposure">
            {exposure.map(({ what, value }) => (
              <li key={what}>
                <b>{value}</b>
                <span>{what}</span>
              </li>
            ))}
          </ul>
        )}
        <dl className="panel-facts">
          {photo.takenAt && <Fact name="Taken" value={dateText(photo.takenAt)} more={timeText(photo.takenAt)} />}
          <Fact name="Camera" value={photo.camera} more={photo.lens} />
          {photo.position && (
            <Fact name="Place" value={positionText(photo.position)} more={altitudeText(photo.position)}>
              <a href={mapUrl(photo.position)} target="_blank" rel="noreferrer">
                Show on OpenStreetMap
              </a>
            </Fact>
          )}
          <Fact
            name="File"
            value={photo.name}
            more={[sizeText(photo), photo.bytes === null ? '' : bytesText(photo.bytes)].filter(Boolean).join(' · ')}
          >
            {isMember && (
              <a href={originalOf(photo.id)} download>
                Download original
              </a>
            )}
          </Fact>
          {!isOwn(photo) && <Fact name="Owner" value={photo.owner?.name ?? null} />}
          <Fact name="Added" value={photo.uploadedAt && momentText(photo.uploadedAt)} />
          {photo.colours.length > 0 && (
            <Fact name="Colours">
              <span className="panel-colours">
                {photo.colours.map((colour) => (
                  <span
                    key={colour}
                    style={{ backgroundColor: colour }}
                    title={colour}
                    role="img"
                    aria-label={colour}
                  />
                ))}
              </span>
            </Fact>
          )}
        </dl>
        <Renditions renditions={photo.renditions} />
      </div>
    </aside>
  )
}

function follow(event: { preventDefault(): void }, id: string | null): void {
  if (!id) return
  event.preventDefault()
  openPhoto(id)
}

interface FactProps {
  readonly name: string
  readonly value?: string | null
  readonly more?: string | null | undefined
  readonly children?: ReactNode
}

function Fact({ name, value, more, children }: FactProps) {
  if (!value && !children) return null
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value && <span className="panel-value">{value}</span>}
        {more && <span className="panel-more">{more}</span>}
        {children}
      </dd>
    </div>
  )
}

const DRAG_PX_MIN = 24

/** The top of the sheet on a phone: tapped or pulled. A wide screen does not show it. */
function Handle({
  isShown,
  onShow,
  title,
}: {
  readonly isShown: boolean
  readonly onShow: (isShown: boolean) => void
  readonly title: string
}) {
  const from = useRef<number | undefined>(undefined)
  const wasPulled = useRef(false)
  const down = (event: PointerEvent) => {
    from.current = event.clientY
    wasPulled.current = false
    event.currentTarget.setPointerCapture(event.pointerId)
  }
  const up = (event: PointerEvent) => {
    const moved = event.clientY - (from.current ?? event.clientY)
    if (Math.abs(moved) < DRAG_PX_MIN) return
    wasPulled.current = true
    onShow(moved < 0)
  }
  return (
    <button
      type="button"
      className="panel-handle"
      aria-expanded={isShown}
      aria-label={`Details: ${title}`}
      onPointerDown={down}
      onPointerUp={up}
      onClick={() => !wasPulled.current && onShow(!isShown)}
    >
      <i aria-hidden="true" />
      <span>{title}</span>
    </button>
  )
}
