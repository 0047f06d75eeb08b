/** Where files lie among the blobs: under ids of ours, never under a name that a user chose. */
import { type BlobKey, blobKey } from 'millrace/blobs'

export const ORIGINALS = 'originals'
export const RENDITIONS = 'renditions'
/** Uploaded archives, until what is in them has been imported. */
export const ARCHIVES = 'archives'

export const originalKey = (photoId: string): BlobKey => blobKey(ORIGINALS, photoId)
export const renditionKey = (photoId: string, file: string): BlobKey => blobKey(RENDITIONS, photoId, file)
/** Where all renditions of a photo are. */
export const renditionsOf = (photoId: string): BlobKey => blobKey(RENDITIONS, photoId)
export const archiveKey = (importId: string): BlobKey => blobKey(ARCHIVES, importId)
