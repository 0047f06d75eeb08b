import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { PermanentError } from 'millrace/worker'
import sharp from 'sharp'
import { landscape, quarters } from './fixture/pictures.ts'
import { decode, openOriginal } from './original.ts'
import type { Pixels } from './pixels.ts'

const { signal } = new AbortController()
let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-originals-'))
})
after(() => rm(folder, { recursive: true }))

async function decoded(name: string, content: Uint8Array): Promise<Pixels> {
  const path = join(folder, name)
  await writeFile(path, content)
  return decode(await openOriginal(path), 2048, signal)
}

/** The colour in the middle of each quarter, rounded to what the eye calls it. */
function cornersOf({ data, width, height, channels }: Pixels): readonly string[] {
  const at = (x: number, y: number) => {
    const from = (Math.floor(y * height) * width + Math.floor(x * width)) * channels
    return [...data.subarray(from, from + 3)].map((c) => (c > 127 ? 1 : 0)).join('')
  }
  return [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)]
}
const UPRIGHT = ['100', '010', '001', '111']

describe('an original of every kind is decoded to upright sRGB', () => {
  const kinds: Readonly<Record<string, () => Promise<Buffer>>> = {
    'a JPEG': () => quarters().jpeg().toBuffer(),
    'a progressive JPEG': () => quarters().jpeg({ progressive: true }).toBuffer(),
    'a JPEG in another profile': () => quarters().withIccProfile('p3').jpeg().toBuffer(),
    'a PNG': () => quarters().png().toBuffer(),
    'an interlaced PNG': () => quarters().png({ progressive: true }).toBuffer(),
    'a PNG with 16 bits a channel': () => quarters().toColourspace('rgb16').png().toBuffer(),
    'a PNG with a palette': () => quarters().png({ palette: true }).toBuffer(),
    'a WebP': () => quarters().webp().toBuffer(),
    'an AVIF': () => quarters().avif().toBuffer(),
    'a TIFF': () => quarters().tiff().toBuffer(),
    'a GIF': () => quarters().gif().toBuffer(),
    'a JPEG with something behind its end': async () =>
      Buffer.concat([await quarters().jpeg().toBuffer(), Buffer.from('<script>alert(1)</script>')]),
  }
  for (const [kind, make] of Object.entries(kinds)) {
    test(kind, async () => {
      const pixels = await decoded('picture', await make())
      assert.deepEqual([pixels.width, pixels.height], [60, 40])
      assert.deepEqual(cornersOf(pixels), UPRIGHT)
    })
  }

  test('a CMYK JPEG, whose colours come as near as ink can', async () => {
    const rgb = await decoded('rgb.jpg', await landscape(300, 200).jpeg().toBuffer())
    const cmyk = await decoded('cmyk.jpg', await landscape(300, 200).toColourspace('cmyk').jpeg().toBuffer())
    assert.equal(cmyk.channels, 3)
    const apart = cmyk.data.reduce((sum, value, at) => sum + Math.abs(value - (rgb.data[at] ?? 0)), 0) / rgb.data.length
    assert(apart < 20, `${apart} of 255 apart`)
  })

  test('a grey picture with 16 bits has three equal channels', async () => {
    const grey = await quarters().toColourspace('grey16').png().toBuffer()
    const { data, channels } = await decoded('grey.png', grey)
    assert.equal(channels, 3)
    assert(data.every((value, at) => value === data[at - (at % 3)]))
  })

  test('transparency is kept', async () => {
    assert.equal((await decoded('a.png', await quarters().ensureAlpha(0.5).png().toBuffer())).channels, 4)
  })

  for (const format of ['gif', 'webp'] as const) {
    test(`of an animated ${format}, the first frame`, async () => {
      const frames = [await quarters().png().toBuffer(), await quarters().negate().png().toBuffer()]
      const animated = await sharp(frames, { join: { animated: true } })
        .toFormat(format)
        .toBuffer()
      const pixels = await decoded(`animated.${format}`, animated)
      assert.deepEqual([pixels.width, pixels.height, cornersOf(pixels)], [60, 40, UPRIGHT])
    })
  }

  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    test(`turned as orientation ${orientation} says`, async () => {
      const turned = await quarters().withMetadata({ orientation }).jpeg().toBuffer()
      const expected = await sharp(turned).autoOrient().raw().toBuffer({ resolveWithObject: true })
      const path = join(folder, 'turned.jpg')
      await writeFile(path, turned)
      const original = await openOriginal(path)
      const pixels = await decode(original, 2048, signal)
      assert.deepEqual([pixels.width, pixels.height], [expected.info.width, expected.info.height])
      assert.deepEqual([original.width, original.height], [expected.info.width, expected.info.height])
      assert.deepEqual(cornersOf(pixels), cornersOf({ ...pixels, data: expected.data }))
    })
  }

  test('a picture of one pixel', async () => {
    const one = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#f00' } })
      .png()
      .toBuffer()
    const pixels = await decoded('one.png', one)
    assert.deepEqual([pixels.width, pixels.height, [...pixels.data]], [1, 1, [255, 0, 0]])
  })

  test('a panorama keeps its proportions, and never less than one pixel of height', async () => {
    const pixels = await decoded('wide.png', await landscape(30_000, 20).png().toBuffer())
    assert.deepEqual([pixels.width, pixels.height], [2048, 1])
  })

  test('a picture of 24 megapixels is made as small as asked', async () => {
    const pixels = await decoded('24.jpg', await landscape(6000, 4000).jpeg().toBuffer())
    assert.deepEqual([pixels.width, pixels.height], [2048, 1365])
  })
})

describe('an original that is none is refused for good', () => {
  const refused = async (name: string, content: Uint8Array, code: string): Promise<void> => {
    await assert.rejects(decoded(name, content), (error) => error instanceof PermanentError && error.code === code)
  }

  test('without a byte', () => refused('empty.jpg', new Uint8Array(), 'DARKROOM_PHOTO_UNREADABLE'))
  test('a text that is called .jpg', () => refused('text.jpg', Buffer.from('hello'), 'DARKROOM_PHOTO_UNREADABLE'))
  test('a JPEG that ends in its middle', async () => {
    const whole = await landscape(600, 400).jpeg().toBuffer()
    await refused('half.jpg', whole.subarray(0, whole.length / 2), 'DARKROOM_PHOTO_UNREADABLE')
  })
  test('a PNG whose pixels are noise', async () => {
    const png = Buffer.from(await landscape(600, 400).png().toBuffer())
    png.fill(0x5a, png.length >> 2, png.length >> 1)
    await refused('noise.png', png, 'DARKROOM_PHOTO_UNREADABLE')
  })
  test('a drawing, whatever it is called', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    await refused('drawing.png', Buffer.from(svg), 'DARKROOM_PHOTO_UNREADABLE')
  })
  test('U5: a picture that says it is 50,000 by 50,000', async () => {
    const png = await landscape(4, 4).png().toBuffer()
    for (const at of [16, 20]) png.writeUInt32BE(50_000, at)
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29)
    await refused('vast.png', png, 'DARKROOM_PHOTO_TOO_LARGE')
  })
  test('U5: a picture of more than 120 megapixels', async () => {
    const huge = sharp({ create: { width: 12_001, height: 10_000, channels: 3, background: '#777' } })
    await refused('huge.png', await huge.png({ compressionLevel: 1 }).toBuffer(), 'DARKROOM_PHOTO_TOO_LARGE')
  })
})

describe('a picture of 100 megapixels is rendered in less than 1 GiB', () => {
  const RENDER = fileURLToPath(new URL('fixture/render-alone.ts', import.meta.url))
  const peakMb = async (path: string): Promise<number> => {
    const args = [...process.execArgv.filter((arg) => arg.startsWith('--conditions')), RENDER, path]
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 })
    return Number(stdout)
  }
  const large = () => landscape(12_000, 8_400)

  test('as a JPEG, a progressive JPEG and a PNG', async () => {
    await large().jpeg().toFile(join(folder, 'a.jpg'))
    await large().jpeg({ progressive: true }).toFile(join(folder, 'b.jpg'))
    await large().png({ compressionLevel: 1 }).toFile(join(folder, 'c.png'))
    for (const name of ['a.jpg', 'b.jpg', 'c.png']) {
      const mb = await peakMb(join(folder, name))
      assert(mb > 50 && mb < 1_024, `${name} took ${mb} MB`)
    }
  })
})
