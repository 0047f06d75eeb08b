/** A finished photo in the gallery: a link to its page. */
import type { MouseEvent } from 'react'
import type { Photo } from '../api/photos.ts'
import { chosenFor, selection, toggleSelected } from '../archive/selection.ts'
import { CheckIcon, DuplicateIcon } from '../shell/icons.tsx'
import { openPhoto, pathOfPhoto } from '../shell/route.ts'
import { useStore } from '../store.ts'
import { Picture } from './picture.tsx'
import { labelOf, titleOf } from './words.ts'

interface TileProps {
  readonly itemKey: string
  readonly photo: Photo
  readonly width: number
  readonly isCurrent: boolean
  readonly onFocus: (key: string) => void
  readonly onShown?: () => void
  /** The local preview lies underneath: nothing of its own until the picture is there. */
  readonly isOverPreview?: boolean
  readonly canSelect?: boolean
}

export function Tile({
  itemKey,
  photo,
  width,
  isCurrent,
  onFocus,
  onShown,
  isOverPreview = false,
  canSelect = false,
}: TileProps) {
  const isSelected = useStore(selection, (ids) => ids.has(photo.id))
  const open = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return // a new tab is wanted
    event.preventDefault()
    if (selection.get().size > 0 || chosenFor.get()) toggleSelected(photo.id)
    else openPhoto(photo.id)
  }
  const link = (
    <a
      className="tile-link"
      href={pathOfPhoto(photo.id)}
      aria-label={isSelected ? `${labelOf(photo)}, selected` : labelOf(photo)}
      data-selected={isSelected}
      data-tile={itemKey}
      data-photo={photo.id}
      tabIndex={isCurrent ? 0 : -1}
      onClick={open}
      onFocus={() => onFocus(itemKey)}
    >
      <Picture photo={photo} width={width} alt="" isBare={isOverPreview} {...(onShown ? { onShown } : {})} />
      {photo.duplicateOf && (
        <span className="tile-badge" title="Near-duplicate of another photo">
          <DuplicateIcon />
        </span>
      )}
      <span className="tile-name" aria-hidden="true">
        {titleOf(photo)}
      </span>
    </a>
  )
  if (!canSelect) return link
  return (
    <>
      {link}
      <button
        type="button"
        className="tile-select"
        aria-pressed={isSelected}
        aria-label={`Select ${titleOf(photo)}`}
        title="Select (x)"
        tabIndex={isCurrent ? 0 : -1}
        onClick={() => toggleSelected(photo.id)}
      >
        <CheckIcon />
      </button>
    </>
  )
}
