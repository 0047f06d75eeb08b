/** Opens the browser's own file picker and uploads what is chosen: pictures, and archives of pictures. */
import { problemOf } from '../api/problem.ts'
import { importArchives, isArchive } from '../imports/import-archives.ts'
import { openGallery, route } from '../shell/route.ts'
import { toast } from '../shell/toasts.ts'
import { uploadFiles } from './uploads.ts'

export function chooseFiles(): void {
  const input = document.createElement('input')
  input.type = 'file'
  input.multiple = true
  input.accept = 'image/*,.heic,.heif,.avif,.tif,.tiff,.zip'
  input.addEventListener('change', () => takeFiles(Promise.resolve([...(input.files ?? [])])))
  input.click()
}

/** Uploads files that came from anywhere; a failure to read them is told. */
export function takeFiles(files: Promise<readonly File[]>): void {
  files
    .then((found) => {
      const place = route.get().kind
      if (place !== 'gallery' && place !== 'photo') openGallery() // where they are seen to arrive
      importArchives(found.filter(isArchive))
      const pictures = found.filter((file) => !isArchive(file))
      return pictures.length > 0 ? uploadFiles(pictures) : undefined
    })
    .then(() =>
      scrollTo({ top: 0, behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth' }),
    )
    .catch((thrown: unknown) => toast({ text: 'These files could not be read', problem: problemOf(thrown) }))
}
