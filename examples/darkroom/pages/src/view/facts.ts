/** The facts about a photo as short texts. */
import type { Exposure, Photo, Position } from '../api/photos.ts'

const number = new Intl.NumberFormat()
const fraction = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 })
const dateOf = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' })
const timeOf = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })

export const dateText = (instant: string): string => dateOf.format(new Date(instant))
export const timeText = (instant: string): string => timeOf.format(new Date(instant))

export function sizeText({ width, height }: Photo): string | undefined {
  if (!width || !height) return undefined
  const megapixels = (width * height) / 1_000_000
  return `${number.format(width)} × ${number.format(height)}${megapixels >= 0.1 ? `, ${fraction.format(megapixels)} MP` : ''}`
}

/** The four numbers of an exposure, those that are known. */
export function exposureTexts(exposure: Exposure | null): readonly { readonly what: string; readonly value: string }[] {
  if (!exposure) return []
  const { time, aperture, iso, focalLength } = exposure
  return [
    ...(time ? [{ what: 'Shutter', value: `${time.replace(/\s*s(ec)?$/, '')} s` }] : []),
    ...(aperture ? [{ what: 'Aperture', value: `ƒ/${fraction.format(aperture)}` }] : []),
    ...(iso ? [{ what: 'ISO', value: number.format(iso) }] : []),
    ...(focalLength ? [{ what: 'Focal length', value: `${fraction.format(focalLength)} mm` }] : []),
  ]
}

export function positionText({ latitude, longitude }: Position): string {
  return `${degrees(latitude)} ${latitude < 0 ? 'S' : 'N'}, ${degrees(longitude)} ${longitude < 0 ? 'W' : 'E'}`
}

const degrees = (angle: number) => `${Math.abs(angle).toFixed(4)}°`

export const altitudeText = ({ altitude }: Position): string | undefined =>
  altitude === null ? undefined : `${number.format(Math.round(altitude))} m`

export function mapUrl({ latitude, longitude }: Position): string {
  const at = `${latitude.toFixed(5)}/${longitude.toFixed(5)}`
  return `https://www.openstreetmap.org/?mlat=${latitude.toFixed(5)}&mlon=${longitude.toFixed(5)}#map=12/${at}`
}
