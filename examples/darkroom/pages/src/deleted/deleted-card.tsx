import type { DeletedPhoto } from '../api/photos.ts'
import { Picture } from '../gallery/picture.tsx'
import { titleOf } from '../gallery/words.ts'
import { bytesText, momentText } from '../words.ts'
import { goneText } from './words.ts'

interface DeletedCardProps {
  readonly photo: DeletedPhoto
  readonly onRestore: () => void
  readonly onDelete: () => void
}

/** Pixels that a picture is wide at the most. */
const CARD_PX = 320

/** A deleted photo: what it shows, when it goes for good, and what can be done until then. */
export function DeletedCard({ photo, onRestore, onDelete }: DeletedCardProps) {
  const name = titleOf(photo)
  return (
    <li className="deleted-card">
      <div className="deleted-picture">
        {photo.status === 'ready' && <Picture photo={photo} width={CARD_PX} alt="" />}
      </div>
      <h2 className="album-title">{name}</h2>
      <p className="page-facts">
        <time dateTime={photo.goneAt} title={momentText(photo.goneAt)}>
          {goneText(photo.goneAt, Date.now())}
        </time>
        {photo.bytes !== null && ` · ${bytesText(photo.bytes)}`}
      </p>
      <div className="page-actions">
        <button type="button" className="button" aria-label={`Restore: ${name}`} onClick={onRestore}>
          Restore
        </button>
        <button type="button" className="button" aria-label={`Delete for good: ${name}`} onClick={onDelete}>
          Delete for good
        </button>
      </div>
    </li>
  )
}
