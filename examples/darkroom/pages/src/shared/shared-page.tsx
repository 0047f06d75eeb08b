/** An album as somebody sees it who has a public link: to look at, without a login. */
import { useEffect, useMemo, useState } from 'react'
import { listShared } from '../api/albums.ts'
import { photoListOf } from '../archive/photo-list.ts'
import { useListedItems } from '../gallery/use-items.ts'
import { Wall } from '../gallery/wall.tsx'
import { ThemeButton } from '../shell/theme-button.tsx'
import { useStore } from '../store.ts'
import { PhotoView } from '../view/photo-view.tsx'
import { photosText } from '../words.ts'

interface About {
  readonly title: string
  readonly owner: string
}

const NO_ACTS = {}

/** Not by month: for want of a better one, an archive goes by the day of the upload, which is not told here. */
const headingOf = (count: number, isAll: boolean) => (isAll ? photosText(count) : `${count}+ photos`)

export function SharedPage({ token, viewedId }: { readonly token: string; readonly viewedId: string | undefined }) {
  const [about, setAbout] = useState<About>()
  const list = useMemo(
    () =>
      photoListOf(async (after, limit) => {
        const page = await listShared(token, after, limit)
        setAbout({ title: page.title, owner: page.owner })
        return page
      }),
    [token],
  )
  const items = useListedItems(list, headingOf)
  const status = useStore(list.now, (a) => a.problem?.status)
  useEffect(() => list.leave, [list])
  useEffect(() => {
    if (viewedId === undefined) document.title = about?.title ?? 'Darkroom'
  }, [about, viewedId])
  if (status !== undefined && status >= 400 && status < 500 && status !== 429) return <Ended />
  return (
    <>
      <Wall
        title={about?.title ?? 'Shared photos'}
        items={items}
        list={list}
        viewedId={viewedId}
        isReady
        acts={NO_ACTS}
        above={
          <header className="page-head shared-head">
            <div>
              <h1>{about?.title ?? <span className="visually-hidden">Shared photos</span>}</h1>
              <p>{about ? `By ${about.owner}` : '\u00a0'}</p>
            </div>
            <ThemeButton />
          </header>
        }
        empty={<p className="page-empty">There is no photo in it yet.</p>}
      />
      {viewedId !== undefined && <PhotoView id={viewedId} items={items.all} list={list} wall="album" reader="guest" />}
    </>
  )
}

function Ended() {
  useEffect(() => {
    document.title = 'Darkroom'
  }, [])
  return (
    <main className="nowhere">
      <h1>This link shows nothing any more</h1>
      <p>It has ended, or was taken back. Ask whoever sent it for a new one.</p>
    </main>
  )
}
