/** From a scene to the pixels of a picture, and from there to a file with the facts of a camera. */
import sharp from 'sharp'
import { type Chance, chanceOf } from './chance.ts'
import type { Sample } from './samples.ts'
import { type Scene, SPACE } from './scene.ts'

/** Makes the picture of a sample and writes it. Resolves with the bytes written. */
export async function develop(sample: Sample, path: string): Promise<number> {
  const chance = chanceOf(sample.seed)
  const { width, height } = sample
  const scene = sample.scene(chance, width / height)
  const [light, shapes] = await Promise.all([
    sharp(paint(scene, width / height), { raw: rawOf(scene, width / height) })
      .resize(width, height, { fit: 'fill', kernel: 'cubic' })
      .raw()
      .toBuffer(),
    sharp(Buffer.from(svgOf(scene, width, height)), { unlimited: true })
      .ensureAlpha()
      .raw()
      .toBuffer(),
  ])
  print(light, shapes, width, scene.grain, chance)
  let picture = sharp(light, { raw: { width, height, channels: 3 } })
  if (sample.again) picture = picture.extract(inner(width, height, sample.again.crop)).linear(sample.again.brightness)
  if (sample.isOnItsSide)
    picture = sharp(await picture.rotate(270).raw().toBuffer(), { raw: { width: height, height: width, channels: 3 } })
  if (sample.isOnItsSide) picture = picture.withMetadata({ orientation: 6 }) // before the EXIF, which it would clear
  if (sample.profile) picture = picture.withIccProfile(sample.profile)
  const written = await picture.withExif(exifOf(sample)).jpeg({ quality: 90, chromaSubsampling: '4:4:4' }).toFile(path)
  return written.size
}

const sidesOf = (scene: Scene, aspect: number) =>
  aspect > 1
    ? { width: scene.lightSide, height: Math.round(scene.lightSide / aspect) }
    : { width: Math.round(scene.lightSide * aspect), height: scene.lightSide }

const rawOf = (scene: Scene, aspect: number) => ({ ...sidesOf(scene, aspect), channels: 3 as const })

function paint(scene: Scene, aspect: number): Uint8ClampedArray {
  const { width, height } = sidesOf(scene, aspect)
  const pixels = new Uint8ClampedArray(width * height * 3)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1)
      pixels.set(scene.light((x + 0.5) / width, (y + 0.5) / height), (y * width + x) * 3)
  }
  return pixels
}

const svgOf = (scene: Scene, width: number, height: number) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${SPACE} ${(SPACE * height) / width}">${scene.shapes}</svg>`

const GRAIN_POINTS = 2 ** 18

/**
 * Lays the shapes over the light, and the film's grain over both: the same shift of all three colours, strongest in the
 * middle tones. One pass over the pixels: libvips' composite takes ten times as long for 24 megapixels.
 */
function print(light: Buffer, shapes: Buffer, width: number, strength: number, chance: Chance): void {
  const grain = Float32Array.from({ length: GRAIN_POINTS }, () => (chance() + chance() + chance() - 1.5) * strength)
  const tone = Float32Array.from({ length: 256 }, (_, value) => 0.45 + 0.55 * Math.sin((Math.PI * value) / 255))
  const out = new Uint8ClampedArray(light.buffer, light.byteOffset, light.length)
  const over = new Uint8Array(shapes.buffer, shapes.byteOffset, shapes.length)
  const points = out.length / 3
  let at = 0
  for (let point = 0, i = 0, o = 0; point < points; point += 1, i += 3, o += 4) {
    // Each row begins elsewhere in the grain, so that nothing repeats.
    at = point % width === 0 ? Math.floor(chance() * GRAIN_POINTS) : (at + 1) & (GRAIN_POINTS - 1)
    const cover = (over[o + 3] as number) / 255
    const red = (out[i] as number) + ((over[o] as number) - (out[i] as number)) * cover
    const green = (out[i + 1] as number) + ((over[o + 1] as number) - (out[i + 1] as number)) * cover
    const blue = (out[i + 2] as number) + ((over[o + 2] as number) - (out[i + 2] as number)) * cover
    const shift = (grain[at] as number) * (tone[green | 0] as number)
    out[i] = red + shift
    out[i + 1] = green + shift
    out[i + 2] = blue + shift
  }
}

/** The part of a picture that is left when this share of it is cropped away, a little off the middle. */
function inner(width: number, height: number, crop: number) {
  const kept = { width: Math.round(width * (1 - crop)), height: Math.round(height * (1 - crop)) }
  return { ...kept, left: Math.round(width * crop * 0.6), top: Math.round(height * crop * 0.5) }
}

/** EXIF as libvips takes it: IFD2 is the camera's part, IFD3 the position's. */
function exifOf({ name, camera, takenAt, exposure, position }: Sample) {
  return {
    IFD0: {
      Make: camera.make,
      Model: camera.model,
      ImageDescription: name,
      Software: 'Darkroom samples',
      DateTime: takenAt,
    },
    IFD2: {
      DateTimeOriginal: takenAt,
      DateTimeDigitized: takenAt,
      LensModel: camera.lens,
      ExposureTime: exposure.time,
      FNumber: `${Math.round(exposure.aperture * 10)}/10`,
      ISOSpeedRatings: String(exposure.iso),
      FocalLength: `${exposure.focalLength}/1`,
    },
    ...(position
      ? {
          IFD3: {
            GPSLatitudeRef: position.latitude < 0 ? 'S' : 'N',
            GPSLatitude: degreesOf(position.latitude),
            GPSLongitudeRef: position.longitude < 0 ? 'W' : 'E',
            GPSLongitude: degreesOf(position.longitude),
            GPSAltitudeRef: '0',
            GPSAltitude: `${position.altitude}/1`,
          },
        }
      : {}),
  }
}

function degreesOf(angle: number): string {
  const whole = Math.abs(angle)
  const minutes = (whole % 1) * 60
  const seconds = (minutes % 1) * 60
  return `${Math.floor(whole)}/1 ${Math.floor(minutes)}/1 ${Math.round(seconds * 100)}/100`
}
