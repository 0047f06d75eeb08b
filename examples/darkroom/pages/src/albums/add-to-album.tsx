/** Puts the photos selected in the archive into an album: one that is there, or a new one. */
import { useEffect, useRef, useState } from 'react'
import { type Album, addPhotos, createAlbum, renameAlbum } from '../api/albums.ts'
import { type Problem, problemOf } from '../api/problem.ts'
import { type ChosenFor, chooseForNothing, chosenFor, clearSelection } from '../archive/selection.ts'
import { ProblemNote } from '../shell/problem-note.tsx'
import { go, pathOfAlbum } from '../shell/route.ts'
import { Sheet } from '../shell/sheet.tsx'
import { toast } from '../shell/toasts.ts'
import { useStore } from '../store.ts'
import { photosText } from '../words.ts'
import { albums, loadAlbums } from './albums.ts'
import { SelectionBar } from './selection-bar.tsx'
import { TitleForm } from './title-form.tsx'

export function AddToAlbum({ isInert }: { readonly isInert: boolean }) {
  const [chosen, setChosen] = useState<readonly string[]>()
  const album = useStore(chosenFor, (wanted) => wanted)
  if (album) return <ToThisAlbum album={album} isInert={isInert} />
  return (
    <>
      <SelectionBar action={{ label: 'Add to album', run: setChosen }} isInert={isInert} />
      {chosen && <WhichAlbum ids={chosen} onClose={() => setChosen(undefined)} />}
    </>
  )
}

/** For who comes from an album: it is known where the photos go, and the reader goes back there with them. */
function ToThisAlbum({ album, isInert }: { readonly album: ChosenFor; readonly isInert: boolean }) {
  const [isBusy, setBusy] = useState(false)
  const put = async (ids: readonly string[]) => {
    setBusy(true)
    try {
      await addPhotos(album.id, ids)
      go(pathOfAlbum(album.id))
      toast({ text: `${photosText(ids.length)} added to “${album.title}”` })
    } catch (thrown) {
      toast({ text: `Could not add to “${album.title}”`, problem: problemOf(thrown) })
    } finally {
      setBusy(false)
    }
  }
  return (
    <SelectionBar
      action={{ label: `Add to “${album.title}”`, run: (ids) => void put(ids), isBusy }}
      invitation={{ words: `Select photos for “${album.title}”`, decline: chooseForNothing }}
      isInert={isInert}
    />
  )
}

function WhichAlbum({ ids, onClose }: { readonly ids: readonly string[]; readonly onClose: () => void }) {
  const { all, problem: listProblem } = useStore(albums, (a) => a)
  const [addProblem, setProblem] = useState<Problem>()
  const [isPutting, setPutting] = useState(false)
  /** Made here, and still without its photos, if putting them into it failed: the next try is with this one. */
  const made = useRef<Album>(undefined)
  useEffect(() => void loadAlbums(), [])
  const put = async (album: Album) => {
    await addPhotos(album.id, ids)
    clearSelection()
    onClose()
    toast({
      text: `${photosText(ids.length)} added to “${album.title}”`,
      action: { label: 'Show', run: () => go(pathOfAlbum(album.id)) },
    })
  }
  const choose = async (album: Album) => {
    setPutting(true)
    setProblem(undefined)
    try {
      await put(album)
    } catch (thrown) {
      setProblem(problemOf(thrown))
    } finally {
      setPutting(false)
    }
  }
  const makeAndPut = async (title: string) => {
    setPutting(true)
    try {
      if (made.current && made.current.title !== title) await renameAlbum(made.current.id, title)
      made.current = made.current ? { ...made.current, title } : await createAlbum(title)
      await put(made.current)
    } finally {
      setPutting(false)
    }
  }
  const fitting = all?.filter(({ role }) => role !== 'viewer') ?? []
  const problem = addProblem ?? listProblem
  return (
    <Sheet title={`Add ${photosText(ids.length)}`} onClose={onClose}>
      {problem && <ProblemNote problem={problem} />}
      {fitting.length > 0 && (
        <ul className="choices" aria-label="Albums">
          {fitting.map((album) => (
            <li key={album.id}>
              <button type="button" className="choice" disabled={isPutting} onClick={() => void choose(album)}>
                <span className="row-title">{album.title}</span>
                <span className="page-facts">
                  {photosText(album.count)}
                  {album.role === 'editor' && `, by ${album.owner.name}`}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <TitleForm label="New album" action="Make and add" isBusy={isPutting} save={makeAndPut} />
    </Sheet>
  )
}
