/**
 * What the camera noted in the file (EXIF). Everything here is input that nobody has checked: whatever is broken or absurd
 * is left out, and a block that cannot be read at all says nothing.
 */
import { open } from 'node:fs/promises'
import ExifReader from 'exifreader'
import type { Findings } from '../data/renders.ts'
import type { Original } from './original.ts'

export type CameraFacts = Pick<Findings, 'takenAt' | 'camera' | 'lens' | 'exposure' | 'position'>

const NOTHING: CameraFacts = { takenAt: null, camera: null, lens: null, exposure: null, position: null }
/** Of a TIFF, whose tags lie between its pixels, so much of the beginning is searched. */
const HEAD_BYTES = 1024 * 1024
const TEXT_CHARS_MAX = 200

/** Reads what the camera noted. Never throws for what the file contains. */
export async function cameraFactsOf(original: Original): Promise<CameraFacts> {
  const block = await exifBlock(original)
  if (block === undefined) return NOTHING
  try {
    return factsOf(ExifReader.load(block, { expanded: true }).exif ?? {})
  } catch {
    return NOTHING
  }
}

/** The EXIF block by itself, which is a little TIFF file. */
async function exifBlock({ path, metadata }: Original): Promise<Buffer | undefined> {
  if (metadata.format === 'tiff') return readHead(path)
  const { exif } = metadata
  const isMarked = exif?.subarray(0, 6).equals(MARK) === true
  return isMarked ? exif?.subarray(MARK.length) : exif
}

const MARK = Buffer.from('Exif\0\0')

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES))
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** A tag as ExifReader gives it: `value` as stored, rationals as pairs. */
type Tags = Readonly<Record<string, { readonly value?: unknown } | undefined>>

function factsOf(exif: object): CameraFacts {
  const tags = exif as Tags
  return {
    takenAt: takenAt(tags),
    camera: camera(textOf(tags, 'Make'), textOf(tags, 'Model')),
    lens: textOf(tags, 'LensModel'),
    exposure: exposure(tags),
    position: position(tags),
  }
}

/** Without an offset the clock of the camera is all we know: the text keeps it, and the order takes it as UTC. */
function takenAt(tags: Tags): CameraFacts['takenAt'] {
  const time = textOf(tags, 'DateTimeOriginal') ?? textOf(tags, 'DateTimeDigitized')
  const parts = time?.match(/^(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)/)
  if (!parts) return null
  const [, year, month, day, hour, minute, second] = parts
  const clock = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  const offset = textOf(tags, 'OffsetTimeOriginal')?.match(/^([+-](0\d|1[0-4]):[0-5]\d|Z)$/)?.[0] ?? ''
  const instant = new Date(`${clock}${offset || 'Z'}`)
  const isReal = new Date(`${clock}Z`).getTime() > FIRST_PHOTOGRAPH && sameDay(`${clock}Z`, day)
  return isReal && !Number.isNaN(instant.getTime()) ? { text: `${clock}${offset}`, instant } : null
}

const FIRST_PHOTOGRAPH = Date.UTC(1826, 0)

/** `Date` turns the 31st of February into a day of March. */
const sameDay = (time: string, day: string | undefined): boolean => new Date(time).getUTCDate() === Number(day)

/** Many makers begin the model's name with their own. */
function camera(make: string | null, model: string | null): string | null {
  if (make === null || model === null) return model ?? make
  const [brand = make] = make.split(' ')
  const name = model.toLowerCase().startsWith(brand.toLowerCase()) ? model : `${make} ${model}`
  return name.slice(0, TEXT_CHARS_MAX)
}

function exposure(tags: Tags): Findings['exposure'] {
  const seconds = numberOf(tags, 'ExposureTime', 1e-6, 1e6)
  const found = {
    time: seconds === null ? null : exposureTime(seconds),
    aperture: rounded(numberOf(tags, 'FNumber', 0.1, 1_000), 1),
    iso: rounded(numberOf(tags, 'ISOSpeedRatings', 1, 1e7), 0),
    focalLength: rounded(numberOf(tags, 'FocalLength', 0.1, 1e5), 1),
  }
  return Object.values(found).some((value) => value !== null) ? found : null
}

function exposureTime(seconds: number): string {
  if (seconds >= 0.3) return String(Number(seconds.toFixed(1)))
  return `1/${Math.round(1 / seconds)}`
}

function position(tags: Tags): Findings['position'] {
  const latitude = degreesOf(tags, 'GPSLatitude', 'S', 90)
  const longitude = degreesOf(tags, 'GPSLongitude', 'W', 180)
  // receivers without a fix write zeros
  if (latitude === null || longitude === null || (latitude === 0 && longitude === 0)) return null
  const height = rounded(numberOf(tags, 'GPSAltitude', 0, 100_000), 1)
  const isBelowSea = singleOf(tags, 'GPSAltitudeRef') === 1
  return { latitude, longitude, altitude: height !== null && isBelowSea ? -height : height }
}

function degreesOf(tags: Tags, name: string, negative: 'S' | 'W', max: number): number | null {
  const parts = tags[name]?.value
  if (!Array.isArray(parts) || parts.length !== 3) return null
  const [degrees = Number.NaN, minutes = Number.NaN, seconds = Number.NaN] = parts.map(rational)
  const angle = degrees + minutes / 60 + seconds / 3_600
  if (!(angle >= 0 && angle <= max)) return null
  return rounded(textOf(tags, `${name}Ref`)?.startsWith(negative) ? -angle : angle, 6)
}

function textOf(tags: Tags, name: string): string | null {
  const value = singleOf(tags, name)
  if (typeof value !== 'string') return null
  const text = value
    .toWellFormed()
    .replaceAll(/\p{Cc}|\p{Cf}/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return text === '' ? null : text.slice(0, TEXT_CHARS_MAX).toWellFormed()
}

function numberOf(tags: Tags, name: string, min: number, max: number): number | null {
  const value = tags[name]?.value
  const number = rational(Array.isArray(value) && value.length === 1 ? value[0] : value)
  return number >= min && number <= max ? number : null
}

/** A number, or a pair of numerator and denominator; NaN for anything else. */
function rational(value: unknown): number {
  if (typeof value === 'number') return value
  if (!Array.isArray(value) || value.length !== 2) return Number.NaN
  const [numerator, denominator] = value as readonly unknown[]
  if (typeof numerator !== 'number' || typeof denominator !== 'number') return Number.NaN
  return denominator === 0 ? Number.NaN : numerator / denominator
}

/** Texts come as a list of one, numbers by themselves. */
function singleOf(tags: Tags, name: string): unknown {
  const value = tags[name]?.value
  return Array.isArray(value) && value.length === 1 ? value[0] : value
}

function rounded(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toFixed(digits))
}
