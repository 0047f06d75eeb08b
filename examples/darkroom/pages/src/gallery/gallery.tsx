/** The archive: the wall of the reader's own photos, with the imports above it. */
import { archiveList } from '../archive/archive.ts'
import { removePhoto } from '../archive/removal.ts'
import { toggleSelected } from '../archive/selection.ts'
import { ImportList } from '../imports/import-list.tsx'
import { imports } from '../imports/imports.ts'
import { useStore } from '../store.ts'
import { openToEdit } from '../view/editing.ts'
import { Empty } from './empty.tsx'
import type { GridActs } from './use-grid-keys.ts'
import type { Items } from './use-items.ts'
import { Wall } from './wall.tsx'

const ACTS: GridActs = {
  select: (photo) => toggleSelected(photo.id),
  remove: removePhoto,
  edit: openToEdit,
}

export function Gallery({ items, viewedId }: { readonly items: Items; readonly viewedId: string | undefined }) {
  const isReady = useStore(imports, (now) => now.isKnown)
  const hasImports = useStore(imports, (now) => now.all.size > 0)
  return (
    <Wall
      title="Photos"
      items={items}
      list={archiveList}
      viewedId={viewedId}
      isReady={isReady}
      acts={ACTS}
      above={
        <>
          <h1 className="visually-hidden">Photos</h1>
          <ImportList />
        </>
      }
      empty={hasImports ? null : <Empty />}
    />
  )
}
