/** millrace/blobs: large things outside the database. */
export { type BlobInfo, type BlobKey, type Blobs, blobKey, HEAD_BYTES, type StagedBlob } from './blobs.ts'
export { folderBlobs } from './folder-blobs.ts'
