/** What a file looks like before the server has said anything. */

const UNKNOWN_ASPECT = 1.5
const PREVIEW_DEADLINE_MS = 1_500

export interface Preview {
  /** An object URL, to be revoked; absent where the browser cannot read the file. */
  readonly url: string | undefined
  readonly aspect: number
}

/** Reads a picture's shape, orientation applied. A file that this browser cannot show (or not soon) has none. */
export async function previewOf(file: File): Promise<Preview> {
  const url = URL.createObjectURL(file)
  const image = new Image()
  const aspect = await new Promise<number | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), PREVIEW_DEADLINE_MS)
    const end = (found: number | undefined) => {
      clearTimeout(timer)
      resolve(found)
    }
    image.addEventListener('load', () =>
      end(image.naturalHeight > 0 ? image.naturalWidth / image.naturalHeight : undefined),
    )
    image.addEventListener('error', () => end(undefined))
    image.src = url
  })
  if (aspect !== undefined) return { url, aspect }
  URL.revokeObjectURL(url)
  return { url: undefined, aspect: UNKNOWN_ASPECT }
}
