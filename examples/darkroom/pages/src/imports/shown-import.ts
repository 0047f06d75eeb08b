/** An import as the page shows it. */
import type { Import } from '../api/imports.ts'
import type { Problem } from '../api/problem.ts'

export type ImportStage =
  | { readonly kind: 'waiting'; readonly because?: string }
  | { readonly kind: 'sending'; readonly sent: number }
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** The server has it. `unpacking`: how far that is, while it is going on. */
  | { readonly kind: 'there'; readonly found: Import; readonly unpacking: Unpacking | undefined }

export interface Unpacking {
  /** 0 to 1. */
  readonly done: number
  /** Such as "123 of 400"; empty while it waits for its turn. */
  readonly note: string
}

export interface ShownImport {
  readonly key: string
  readonly name: string
  readonly bytes: number
  readonly stage: ImportStage
  /** It is being cancelled, or taken back. */
  readonly isGoing?: boolean
}
