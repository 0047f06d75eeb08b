import { strict as assert } from 'node:assert'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import sharp, { type Exif, type Sharp } from 'sharp'
import { thumbHashToApproximateAspectRatio } from 'thumbhash'
import { type CameraFacts, cameraFactsOf } from './camera-facts.ts'
import { coloursOf } from './colours.ts'
import { landscape, quarters } from './fixture/pictures.ts'
import { looksOf } from './looks.ts'
import { openOriginal } from './original.ts'
import { asPixels, type Pixels } from './pixels.ts'
import { placeholderOf } from './placeholder.ts'
import { encodeSize, sizesOf } from './renditions.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-findings-'))
})
after(() => rm(folder, { recursive: true }))

const pixelsOf = async (picture: Sharp): Promise<Pixels> =>
  asPixels(await picture.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true }))
const plain = (background: string, alpha = 1): Sharp =>
  sharp({ create: { width: 90, height: 60, channels: 3, background } }).ensureAlpha(alpha)

describe('camera facts', () => {
  const facts = async (exif: Exif, format: 'jpeg' | 'png' | 'webp' | 'avif' = 'jpeg'): Promise<CameraFacts> => {
    const path = join(folder, `camera.${format}`)
    await writeFile(path, await quarters().withExif(exif).toFormat(format).toBuffer())
    return cameraFactsOf(await openOriginal(path))
  }
  const takenAt = async (time: string, offset?: string) =>
    (await facts({ IFD2: { DateTimeOriginal: time, ...(offset && { OffsetTimeOriginal: offset }) } })).takenAt

  for (const format of ['jpeg', 'png', 'webp', 'avif'] as const) {
    test(`are read from ${format}`, async () => {
      const found = await facts(
        {
          IFD0: { Make: 'NIKON CORPORATION', Model: 'NIKON Z 6' },
          IFD2: {
            ...{ DateTimeOriginal: '2024:05:01 10:20:30', OffsetTimeOriginal: '+02:00', LensModel: 'NIKKOR Z 35mm' },
            ...{ ExposureTime: '1/250', FNumber: '28/10', ISOSpeedRatings: '400', FocalLength: '35/1' },
          },
          IFD3: {
            ...{ GPSLatitudeRef: 'S', GPSLatitude: '51/1 30/1 3230/100' },
            ...{ GPSLongitudeRef: 'W', GPSLongitude: '0/1 7/1 4366/100', GPSAltitude: '105/10' },
          },
        },
        format,
      )
      assert.deepEqual(found, {
        takenAt: { text: '2024-05-01T10:20:30+02:00', instant: new Date('2024-05-01T08:20:30Z') },
        camera: 'NIKON Z 6',
        lens: 'NIKKOR Z 35mm',
        exposure: { time: '1/250', aperture: 2.8, iso: 400, focalLength: 35 },
        position: { latitude: -51.508972, longitude: -0.128794, altitude: 10.5 },
      })
    })
  }

  test('without an offset, the time is the local one, and ordered as if it were UTC', async () => {
    const found = await takenAt('2024:05:01 10:20:30')
    assert.deepEqual(found, { text: '2024-05-01T10:20:30', instant: new Date('2024-05-01T10:20:30Z') })
  })

  test('times that never were are left out', async () => {
    for (const time of [
      '0000:00:00 00:00:00',
      '2024:02:31 10:00:00',
      '2024:13:01 00:00:00',
      '2024:05:01 25:00:00',
      'x',
    ])
      assert.equal(await takenAt(time), null, time)
    assert.equal((await takenAt('2024:05:01 10:20:30', '+99:00'))?.text, '2024-05-01T10:20:30')
  })

  test('a maker that is not in the name of the model is put before it', async () => {
    assert.equal((await facts({ IFD0: { Make: 'Leica', Model: 'Q2' } })).camera, 'Leica Q2')
  })

  test('control characters, endless texts and impossible numbers do not get in', async () => {
    const found = await facts({
      IFD0: { Model: `Evil\n\t${'x'.repeat(5_000)}` },
      IFD2: { ExposureTime: '1/0', FNumber: '0/1', FocalLength: '4000000000/1' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '99/1 0/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '8/1 0/1 0/1' },
    })
    assert.match(found.camera ?? '', /^Evil x{190,200}$/)
    assert((found.camera ?? '').length <= 200)
    assert.deepEqual([found.exposure, found.position], [null, null])
  })

  test('a block of EXIF that is garbage says nothing, and harms nothing', async () => {
    const picture = await quarters()
      .withExif({ IFD0: { Make: 'A'.repeat(200) } })
      .jpeg()
      .toBuffer()
    const at = picture.indexOf('Exif\0\0')
    for (let n = 0; n < 60; n++) {
      const broken = Buffer.from(picture)
      for (let k = 0; k < 12; k++) broken[at + 6 + ((n * 7 + k * k * 5) % 60)] = (n * 37 + k * 101) % 256
      const path = join(folder, 'broken.jpg')
      await writeFile(path, broken)
      const found = await cameraFactsOf(await openOriginal(path))
      assert((found.camera?.length ?? 0) <= 200)
    }
  })
})

describe('dominant colours', () => {
  test('are those of the picture, the largest first', async () => {
    const sky = { input: await plain('#2060c0').resize(90, 45).png().toBuffer(), gravity: 'north' }
    const [first, second, ...others] = await coloursOf(await pixelsOf(plain('#c0a040').composite([sky])))
    assert.deepEqual([first, others], ['#2060c0', []])
    assert.match(second ?? '', /^#(bf|c0|c1)(9f|a0|a1)(3f|40|41)$/)
  })

  test('of one colour there is one, of a transparent picture none, and never more than five', async () => {
    assert.deepEqual(await coloursOf(await pixelsOf(plain('#336699'))), ['#336699'])
    assert.deepEqual(await coloursOf(await pixelsOf(plain('#336699', 0))), [])
    const found = await coloursOf(await pixelsOf(landscape(300, 200)))
    assert(found.length >= 3 && found.length <= 5 && found.every((colour) => /^#[0-9a-f]{6}$/.test(colour)))
  })
})

describe('looks', () => {
  const distance = (a: string | null, b: string | null): number =>
    a === null || b === null ? Number.NaN : [...a].filter((bit, at) => bit !== b[at]).length

  test('stay nearly the same when a picture is scaled, encoded anew or made brighter', async () => {
    const looks = await looksOf(await pixelsOf(landscape(900, 600)))
    const again = await landscape(1200, 800).jpeg({ quality: 40 }).toBuffer()
    for (const other of [landscape(300, 200), sharp(again), sharp(again).modulate({ brightness: 1.08 })])
      assert(distance(looks, await looksOf(await pixelsOf(other))) <= 5)
  })

  test('differ in many bits between different pictures, mirrored ones too', async () => {
    const looks = await looksOf(await pixelsOf(landscape(900, 600)))
    for (const other of [quarters(), landscape(900, 600).flop()])
      assert(distance(looks, await looksOf(await pixelsOf(other))) > 15)
  })

  test('a picture of one colour has none', async () => {
    assert.equal(await looksOf(await pixelsOf(plain('#336699'))), null)
  })
})

describe('the placeholder', () => {
  test('has the proportions of the picture', async () => {
    const hash = Buffer.from(await placeholderOf(await pixelsOf(landscape(900, 600))), 'base64')
    assert(Math.abs(thumbHashToApproximateAspectRatio(hash) - 1.5) < 0.3)
  })
})

describe('renditions', () => {
  test('there is one size for each that the picture reaches, and its own when it reaches none', () => {
    assert.deepEqual(sizesOf({ width: 2048, height: 10 }), [320, 640, 1280, 2048])
    assert.deepEqual(sizesOf({ width: 10, height: 2047 }), [320, 640, 1280])
    assert.deepEqual(sizesOf({ width: 319, height: 200 }), [319])
    assert.deepEqual(sizesOf({ width: 1, height: 1 }), [1])
  })

  test('each format has the size it says, in sRGB, without a trace of the metadata', async () => {
    const encoded = await encodeSize(await pixelsOf(landscape(900, 600)), 640)
    assert.deepEqual(
      encoded.map(({ rendition: { format, width, height } }) => [format, width, height]),
      [
        ['avif', 640, 427],
        ['webp', 640, 427],
        ['jpeg', 640, 427],
      ],
    )
    for (const { rendition, content } of encoded) {
      const found = await sharp(content).metadata()
      assert.equal(found.format, rendition.format === 'avif' ? 'heif' : rendition.format)
      assert.deepEqual([found.width, found.height, found.space], [640, 427, 'srgb'])
      assert.deepEqual([found.exif, found.icc, found.xmp, found.orientation], Array(4).fill(undefined))
      assert.equal(rendition.bytes, content.length)
    }
  })

  test('the same picture makes the same files, another picture others', async () => {
    const files = async (picture: Sharp) =>
      (await encodeSize(await pixelsOf(picture), 320)).map(({ rendition }) => rendition.file)
    assert.deepEqual(await files(landscape(900, 600)), await files(landscape(900, 600)))
    assert.notDeepEqual(await files(landscape(900, 600)), await files(landscape(900, 600).flop()))
  })

  test('what is transparent stays so in AVIF and WebP, and is white in JPEG', async () => {
    const encoded = await encodeSize(await pixelsOf(plain('#000', 0)), 320)
    const corner = async (n: number) => [...(await sharp(encoded[n]?.content).raw().toBuffer()).subarray(0, 4)]
    assert.deepEqual([(await corner(0))[3], (await corner(1))[3]], [0, 0])
    assert.deepEqual((await corner(2)).slice(0, 3), [255, 255, 255])
  })

  test('a picture of one pixel has all three formats', async () => {
    const one = sharp({ create: { width: 1, height: 1, channels: 3, background: '#f00' } })
    const encoded = await encodeSize(await pixelsOf(one), 1)
    for (const { content } of encoded) assert.equal((await sharp(content).metadata()).width, 1)
  })
})
