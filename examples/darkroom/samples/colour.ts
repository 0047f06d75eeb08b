/** Colours as three numbers from 0 to 255. */

export type Rgb = readonly [number, number, number]

const read = new Map<string, Rgb>()

/** From `#rrggbb`. Remembered: the scenes ask for the same few millions of times. */
export function rgb(hex: string): Rgb {
  const known = read.get(hex)
  if (known) return known
  const value = Number.parseInt(hex.slice(1), 16)
  const colour: Rgb = [value >> 16, (value >> 8) & 255, value & 255]
  read.set(hex, colour)
  return colour
}

export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const t = clamp(share)
  return [from[0] + (to[0] - from[0]) * t, from[1] + (to[1] - from[1]) * t, from[2] + (to[2] - from[2]) * t]
}

/** Light on light: `light` added with this strength. */
export function lit(colour: Rgb, light: Rgb, strength: number): Rgb {
  return [colour[0] + light[0] * strength, colour[1] + light[1] * strength, colour[2] + light[2] * strength]
}

export const scaled = (colour: Rgb, by: number): Rgb => [colour[0] * by, colour[1] * by, colour[2] * by]

/** The colour at `t` of stops that rise from 0 to 1. */
export function along(stops: readonly (readonly [number, Rgb])[], t: number): Rgb {
  let before = stops[0]
  for (const stop of stops) {
    if (stop[0] >= t && before) return mix(before[1], stop[1], smooth((t - before[0]) / (stop[0] - before[0] || 1)))
    before = stop
  }
  return before?.[1] ?? [0, 0, 0]
}

export const hex = (colour: Rgb): string =>
  `#${colour
    .map((part) =>
      Math.round(clamp(part / 255) * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`

export const clamp = (t: number): number => Math.min(1, Math.max(0, t))

export const smooth = (t: number): number => clamp(t) * clamp(t) * (3 - 2 * clamp(t))

/** A bell of height 1 around 0. */
export const bell = (distance: number, width: number): number => Math.exp(-((distance / width) ** 2))
