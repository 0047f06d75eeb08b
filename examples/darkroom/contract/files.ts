/** Where a photo's files lie among the blobs: under its id, never under a name that a user chose. */
import { type BlobKey, blobKey } from 'millrace/blobs'

export const ORIGINALS = 'originals'
export const RENDITIONS = 'renditions'

export const originalKey = (photoId: string): BlobKey => blobKey(ORIGINALS, photoId)
export const renditionKey = (photoId: string, file: string): BlobKey => blobKey(RENDITIONS, photoId, file)
