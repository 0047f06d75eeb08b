/** A photo as a `<picture>`: the placeholder at once, then the best format that the browser takes, fading in. */
import { useCallback, useState } from 'react'
import type { Photo, Rendition, RenditionFormat } from '../api/photos.ts'
import { placeholderOf } from './placeholder.ts'

/** Photos whose picture was seen: they do not fade again when scrolling back. */
const seen = new Set<string>()

interface PictureProps {
  readonly photo: Photo
  /** CSS pixels that the picture is wide, for the browser to choose among the renditions. */
  readonly width: number
  readonly alt: string
  readonly isUrgent?: boolean
  /** No placeholder: something better lies underneath. */
  readonly isBare?: boolean
  readonly onShown?: () => void
}

export function Picture({ photo, width, alt, isUrgent = false, isBare = false, onShown }: PictureProps) {
  const [isShown, setShown] = useState(() => seen.has(photo.id))
  const [isBroken, setBroken] = useState(false)
  const show = useCallback(() => {
    seen.add(photo.id)
    setShown(true)
    onShown?.()
  }, [photo.id, onShown])
  const attach = useCallback(
    (image: HTMLImageElement | null) => void (image?.complete && image.naturalWidth > 0 && show()),
    [show],
  )
  const sizes = `${Math.ceil(width)}px`
  const fallback = photo.renditions.filter((r) => r.format === 'jpeg')
  const first = fallback.find((r) => r.width >= width) ?? fallback.at(-1) ?? photo.renditions[0]
  const blurred = isBare ? undefined : placeholderOf(photo.placeholder)
  return (
    <div className="picture" style={isBare ? {} : { backgroundColor: photo.colours[0] }}>
      {blurred && <img className="picture-blur" src={blurred} alt="" aria-hidden="true" />}
      {first && !isBroken && (
        <picture>
          <source type="image/avif" srcSet={srcSet(photo.renditions, 'avif')} sizes={sizes} />
          <source type="image/webp" srcSet={srcSet(photo.renditions, 'webp')} sizes={sizes} />
          <img
            ref={attach}
            className="picture-image"
            data-shown={isShown}
            srcSet={srcSet(photo.renditions, 'jpeg')}
            sizes={sizes}
            src={first.url}
            width={first.width}
            height={first.height}
            alt={alt}
            decoding="async"
            fetchPriority={isUrgent ? 'high' : 'auto'}
            draggable={false}
            onLoad={show}
            onError={() => setBroken(true)}
          />
        </picture>
      )}
      {isBroken && <p className="picture-broken">The picture could not be loaded.</p>}
    </div>
  )
}

function srcSet(renditions: readonly Rendition[], format: RenditionFormat): string | undefined {
  const own = renditions.filter((r) => r.format === format)
  return own.length > 0 ? own.map((r) => `${r.url} ${r.width}w`).join(', ') : undefined
}
