/** The title of an album, and what can be done with the album as a whole. */
import { useState } from 'react'
import { account } from '../account/who.ts'
import { deleteAlbum, removeMember, renameAlbum, type WholeAlbum } from '../api/albums.ts'
import { chooseFor } from '../archive/selection.ts'
import { BackIcon } from '../shell/icons.tsx'
import { PageLink } from '../shell/page-link.tsx'
import { openGallery, PATH_OF_ALBUMS } from '../shell/route.ts'
import { Sheet } from '../shell/sheet.tsx'
import { useTitleFocus } from '../shell/use-title-focus.ts'
import { useStore } from '../store.ts'
import { GoingSheet } from './going-sheet.tsx'
import { ShareSheet } from './share-sheet.tsx'
import { Standing } from './standing.tsx'
import { TitleForm } from './title-form.tsx'

type Open = 'share' | 'rename' | 'delete' | 'leave' | undefined

/** Takes its room before the album is known. */
export function AlbumHead({
  album,
  isFocused,
  onChange,
}: {
  readonly album: WholeAlbum | undefined
  readonly isFocused: boolean
  readonly onChange: () => Promise<void>
}) {
  const title = useTitleFocus(isFocused)
  const me = useStore(account, (known) => known?.account)
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  return (
    <>
      <PageLink to={PATH_OF_ALBUMS} className="page-back">
        <BackIcon /> Albums
      </PageLink>
      <header className="page-head album-head">
        <div>
          <h1 ref={title} tabIndex={-1} title={album?.title}>
            {album?.title ?? <span className="visually-hidden">Album</span>}
          </h1>
          <p>{album ? <Standing album={album} /> : '\u00a0'}</p>
        </div>
        <div className="page-actions">
          {album && album.role !== 'viewer' && (
            <>
              <button type="button" className="button" onClick={() => toArchive(album)}>
                Add photos
              </button>
              <button type="button" className="button" onClick={() => setOpen('rename')}>
                Rename
              </button>
            </>
          )}
          {album && album.role !== 'owner' && (
            <button type="button" className="button" onClick={() => setOpen('leave')}>
              Leave
            </button>
          )}
          {album?.role === 'owner' && (
            <>
              <button type="button" className="button" onClick={() => setOpen('delete')}>
                Delete
              </button>
              <button type="button" className="button-primary" onClick={() => setOpen('share')}>
                Share
              </button>
            </>
          )}
        </div>
      </header>
      {album && open === 'share' && <ShareSheet album={album} onChange={onChange} onClose={close} />}
      {album && open === 'rename' && (
        <Sheet title="Rename album" onClose={close}>
          <TitleForm
            label="Title"
            action="Rename"
            initial={album.title}
            save={async (title) => {
              await renameAlbum(album.id, title)
              await onChange()
              close()
            }}
          />
        </Sheet>
      )}
      {album && open === 'delete' && (
        <GoingSheet
          albumId={album.id}
          title={`Delete “${album.title}”?`}
          words="Its photos stay in the archive. Whoever it is shared with sees it no more, and its public links end."
          action="Delete album"
          run={() => deleteAlbum(album.id)}
          gone={`“${album.title}” deleted`}
          onClose={close}
        />
      )}
      {album && me !== undefined && open === 'leave' && (
        <GoingSheet
          albumId={album.id}
          title={`Leave “${album.title}”?`}
          words={`You see it no more, until ${album.owner.name} shares it with you again. Your own photos go from it with you.`}
          action="Leave album"
          run={() => removeMember(album.id, me)}
          gone={`You have left “${album.title}”`}
          onClose={close}
        />
      )}
    </>
  )
}

function toArchive(album: WholeAlbum): void {
  openGallery()
  chooseFor(album)
}
