/** Chance that is the same each time: every picture is made from its own seed. */

export interface Chance {
  /** From 0 up to, not including, 1. */
  (): number
  between(low: number, high: number): number
  pick<T>(list: readonly [T, ...T[]]): T
}

/** Mulberry32, by Tommy Ettinger: small, quick and even enough for pictures. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return Object.assign(next, {
    between: (low: number, high: number) => low + (high - low) * next(),
    pick: <T>(list: readonly [T, ...T[]]): T => list[Math.floor(next() * list.length)] ?? list[0],
  })
}

export type Noise = (x: number, y: number) => number

/** Value noise, 0 to 1, with a smooth step between points of the whole numbers. */
export function noiseOf(chance: Chance): Noise {
  const SIDE = 256
  const points = Float32Array.from({ length: SIDE * SIDE }, () => chance())
  const at = (x: number, y: number) => points[(y & (SIDE - 1)) * SIDE + (x & (SIDE - 1))] ?? 0
  return (x, y) => {
    const left = Math.floor(x)
    const top = Math.floor(y)
    const u = step(x - left)
    const v = step(y - top)
    const above = at(left, top) + (at(left + 1, top) - at(left, top)) * u
    const below = at(left, top + 1) + (at(left + 1, top + 1) - at(left, top + 1)) * u
    return above + (below - above) * v
  }
}

/** Noise on noise, each octave twice as fine and half as strong; 0 to 1. */
export function cloudsOf(chance: Chance, octaves: number): Noise {
  const noise = noiseOf(chance)
  const whole = 2 - 2 ** (1 - octaves)
  return (x, y) => {
    let sum = 0
    let scale = 1
    for (let octave = 0; octave < octaves; octave += 1) {
      sum += noise(x * scale + octave * 17.3, y * scale + octave * 9.1) / scale
      scale *= 2
    }
    return sum / whole
  }
}

const step = (t: number) => t * t * (3 - 2 * t)
