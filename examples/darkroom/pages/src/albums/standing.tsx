import type { Album } from '../api/albums.ts'
import { photosText } from '../words.ts'
import { standingText } from './words.ts'

/** How large an album is, whose it is, and that anybody may be looking on. */
export function Standing({ album }: { readonly album: Album }) {
  return (
    <>
      {photosText(album.count)} · {standingText(album)}
      {album.hasLinks && (
        <>
          {' '}
          <span className="tag" title="Whoever has a link to it sees it without logging in">
            Public link
          </span>
        </>
      )}
    </>
  )
}
