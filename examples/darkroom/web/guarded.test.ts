/** What is shown has been asked about: the compiler is the test, and `npm run check` fails where one of these compiles. */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import type { Principal } from 'millrace'
import type { FrontRuntime } from 'millrace/web'
import type { Album } from '../data/albums.ts'
import type { Import } from '../data/imports.ts'
import { links } from '../data/links.ts'
import { type Photo, photos } from '../data/photos.ts'
import { asJson as albumAsJson } from './album-json.ts'
import { asJson as importsAsJson } from './import-json.ts'
import { asJson as photosAsJson } from './photo-json.ts'

interface Things {
  readonly runtime: FrontRuntime
  readonly who: Principal
  readonly photo: Photo
  readonly album: Album
  readonly one: Import
}

/** Never called. */
const READS = ({ runtime, who, photo, album, one }: Things) => [
  // @ts-expect-error nobody has asked whether they may see the photo
  photosAsJson(runtime, [photo], who),
  // @ts-expect-error nor its file
  photos(runtime.db).findRendition(photo, 'a.webp'),
  // @ts-expect-error nor the album
  albumAsJson(album, who, async () => ''),
  // @ts-expect-error nor what it holds
  photos(runtime.db).list({ album }, 1, undefined),
  // @ts-expect-error an album is not opened by knowing it
  photos(runtime.db).list({ shared: album }, 1, undefined),
  // @ts-expect-error nor are its files
  links(runtime.db).findRendition(album, photo.id, 'a.webp'),
  // @ts-expect-error nobody has asked whether they may see the import
  importsAsJson(runtime, [one], who),
  // @ts-expect-error nor what came out of it
  photos(runtime.db).latestOf(one, 1),
]

test('what nobody has asked about is not shown: it does not compile', () => {
  assert.equal(typeof READS, 'function')
})
