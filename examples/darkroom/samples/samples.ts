/** The twelve pictures: what is on them, how large they are, and what a camera would have noted. */
import type { MakeScene } from './scene.ts'
import { alpenglow } from './scenes/alpenglow.ts'
import { aurora } from './scenes/aurora.ts'
import { city } from './scenes/city.ts'
import { cyanotype } from './scenes/cyanotype.ts'
import { dunes } from './scenes/dunes.ts'
import { fogWood } from './scenes/fog-wood.ts'
import { hills } from './scenes/hills.ts'
import { lowSun } from './scenes/low-sun.ts'
import { milkyWay } from './scenes/milky-way.ts'
import { mirrorLake } from './scenes/mirror-lake.ts'
import { ridges } from './scenes/ridges.ts'

interface Camera {
  readonly make: string
  readonly model: string
  readonly lens: string
}

export interface Sample {
  /** The file's name without its ending. */
  readonly name: string
  readonly scene: MakeScene
  readonly seed: number
  readonly width: number
  readonly height: number
  readonly camera: Camera
  /** As EXIF writes it, without a zone. */
  readonly takenAt: string
  readonly exposure: {
    readonly time: string
    readonly aperture: number
    readonly iso: number
    readonly focalLength: number
  }
  readonly position?: { readonly latitude: number; readonly longitude: number; readonly altitude: number }
  /** Stored turned by 90°, with orientation 6 to say so, as cameras do. */
  readonly isOnItsSide?: boolean
  /** Stored in this profile's colours instead of sRGB. */
  readonly profile?: 'p3'
  /** The same scene once more, a moment later: the near-duplicate. */
  readonly again?: { readonly crop: number; readonly brightness: number }
}

const NORDLICHT: Camera = { make: 'Nordlicht', model: 'N7 II', lens: 'Nordlicht 24-70mm F2.8' }
const KESTREL: Camera = { make: 'Kestrel', model: 'Field 6', lens: 'Kestrel 35mm f/1.4' }
const HALDEN: Camera = { make: 'Halden', model: 'Panora 617', lens: 'Halden 90mm f/5.6' }
const POCKET: Camera = { make: 'Lumen', model: 'Pocket 12', lens: 'Lumen 26mm f/1.7' }

const sunset = {
  scene: lowSun,
  seed: 71,
  width: 3600,
  height: 2400,
  camera: KESTREL,
  position: { latitude: 57.0488, longitude: 8.4812, altitude: 4 },
} as const

/** In the order they are made in: the largest first, while the machine is fresh. */
export const SAMPLES: readonly Sample[] = [
  {
    name: 'Dawn over the ridges',
    scene: ridges,
    seed: 12,
    width: 6000,
    height: 4000,
    camera: NORDLICHT,
    takenAt: '2026:10:11 07:24:09',
    exposure: { time: '1/125', aperture: 8, iso: 100, focalLength: 70 },
    position: { latitude: 46.4983, longitude: 11.7569, altitude: 2112 },
  },
  {
    name: 'Still water',
    scene: mirrorLake,
    seed: 29,
    width: 4800,
    height: 1800,
    camera: HALDEN,
    takenAt: '2026:10:02 08:05:51',
    exposure: { time: '1/30', aperture: 16, iso: 50, focalLength: 90 },
    position: { latitude: 61.6394, longitude: 8.3156, altitude: 980 },
  },
  {
    ...sunset,
    name: 'Low sun, Thy',
    takenAt: '2026:08:19 20:41:02',
    exposure: { time: '1/500', aperture: 5.6, iso: 100, focalLength: 35 },
  },
  {
    ...sunset,
    name: 'Low sun, Thy, again',
    takenAt: '2026:08:19 20:41:09',
    exposure: { time: '1/400', aperture: 5.6, iso: 100, focalLength: 35 },
    again: { crop: 0.03, brightness: 1.05 },
  },
  {
    name: 'Camp under the Milky Way',
    scene: milkyWay,
    seed: 5,
    width: 2400,
    height: 3600,
    camera: NORDLICHT,
    takenAt: '2026:08:13 01:12:40',
    exposure: { time: '20', aperture: 2.8, iso: 3200, focalLength: 24 },
    position: { latitude: 60.1422, longitude: 9.5533, altitude: 712 },
  },
  {
    name: 'Hills before the heat',
    scene: hills,
    seed: 8,
    width: 3300,
    height: 2200,
    camera: KESTREL,
    takenAt: '2026:05:23 06:48:17',
    exposure: { time: '1/250', aperture: 7.1, iso: 100, focalLength: 35 },
    position: { latitude: 43.0782, longitude: 11.6763, altitude: 389 },
  },
  {
    name: 'Dunes at six',
    scene: dunes,
    seed: 40,
    width: 3000,
    height: 2000,
    camera: NORDLICHT,
    takenAt: '2026:05:02 18:03:33',
    exposure: { time: '1/320', aperture: 9, iso: 100, focalLength: 55 },
  },
  {
    name: 'Rain on Fifth',
    scene: city,
    seed: 17,
    width: 2000,
    height: 3000,
    camera: POCKET,
    takenAt: '2026:02:06 22:17:58',
    exposure: { time: '1/60', aperture: 1.7, iso: 1600, focalLength: 26 },
  },
  {
    name: 'Aurora, no wind',
    scene: aurora,
    seed: 23,
    width: 3240,
    height: 2160,
    camera: NORDLICHT,
    takenAt: '2026:02:01 23:36:20',
    exposure: { time: '6', aperture: 2.8, iso: 1600, focalLength: 24 },
    position: { latitude: 68.2094, longitude: 14.0917, altitude: 12 },
  },
  {
    name: 'Last light',
    scene: alpenglow,
    seed: 61,
    width: 2600,
    height: 2600,
    camera: POCKET,
    profile: 'p3',
    takenAt: '2025:12:28 16:32:11',
    exposure: { time: '1/200', aperture: 1.7, iso: 64, focalLength: 78 },
    position: { latitude: 45.9766, longitude: 7.6585, altitude: 1605 },
  },
  {
    name: 'Into the fog',
    scene: fogWood,
    seed: 33,
    width: 2000,
    height: 3000,
    camera: KESTREL,
    isOnItsSide: true,
    takenAt: '2025:11:09 09:20:45',
    exposure: { time: '1/80', aperture: 4, iso: 400, focalLength: 35 },
  },
  {
    name: 'Fern, cyanotype',
    scene: cyanotype,
    seed: 3,
    width: 2400,
    height: 3000,
    camera: KESTREL,
    takenAt: '2025:07:15 14:02:27',
    exposure: { time: '1/60', aperture: 8, iso: 200, focalLength: 35 },
  },
]
