/** What a scene is made of: soft light, painted point by point and enlarged, and clear shapes, drawn as SVG over it. */
import type { Chance } from './chance.ts'
import type { Rgb } from './colour.ts'

export interface Scene {
  /** The colour at (u, v), both from 0 to 1, from the upper left corner. */
  readonly light: (u: number, v: number) => Rgb
  /** How many points the longer side of the light has: more for finer structures. */
  readonly lightSide: number
  /** SVG elements in a space `SPACE` wide and `SPACE / aspect` high. */
  readonly shapes: string
  /** Strength of the film's grain, 0 to 20. */
  readonly grain: number
}

/** How a scene is made: from its chance and its shape (width over height). */
export type MakeScene = (chance: Chance, aspect: number) => Scene

export const SPACE = 1_000
