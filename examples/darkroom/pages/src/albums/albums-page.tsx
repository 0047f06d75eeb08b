/** All albums: those of the reader, and those that others have shared with them. */
import { useEffect, useState } from 'react'
import { type Album, createAlbum } from '../api/albums.ts'
import { PageLink } from '../shell/page-link.tsx'
import { ProblemNote } from '../shell/problem-note.tsx'
import { go, pathOfAlbum } from '../shell/route.ts'
import { Sheet } from '../shell/sheet.tsx'
import { useTitleFocus } from '../shell/use-title-focus.ts'
import { useStore } from '../store.ts'
import { albums, loadAlbums } from './albums.ts'
import { Standing } from './standing.tsx'
import { TitleForm } from './title-form.tsx'

export function AlbumsPage() {
  const { all, problem } = useStore(albums, (a) => a)
  const title = useTitleFocus()
  const [isMaking, setMaking] = useState(false)
  useEffect(() => {
    document.title = 'Albums · Darkroom'
    void loadAlbums()
  }, [])
  const make = async (title: string) => {
    const { id } = await createAlbum(title)
    setMaking(false)
    go(pathOfAlbum(id))
  }
  return (
    <main className="page page-wide">
      <header className="page-head">
        <h1 ref={title} tabIndex={-1}>
          Albums
        </h1>
        <button type="button" className="button-primary" onClick={() => setMaking(true)}>
          New album
        </button>
      </header>
      {problem && <ProblemNote problem={problem} action={{ label: 'Try again', run: () => void loadAlbums() }} />}
      {all?.length === 0 && (
        <p className="page-empty">
          No album yet. Make one, then select photos in the archive to put into it. Albums can be shared with people and
          with public links.
        </p>
      )}
      <ul className="albums" aria-busy={!all}>
        {all?.map((album) => (
          <AlbumCard key={album.id} album={album} />
        ))}
      </ul>
      {isMaking && (
        <Sheet title="New album" onClose={() => setMaking(false)}>
          <TitleForm label="Title" action="Make it" save={make} />
        </Sheet>
      )}
    </main>
  )
}

function AlbumCard({ album }: { readonly album: Album }) {
  return (
    <li>
      <PageLink to={pathOfAlbum(album.id)} className="album-card">
        <span className="album-cover">{album.cover && <img src={album.cover} alt="" loading="lazy" />}</span>
        <span className="album-title">{album.title}</span>
        <span className="page-facts">
          <Standing album={album} />
        </span>
      </PageLink>
    </li>
  )
}
