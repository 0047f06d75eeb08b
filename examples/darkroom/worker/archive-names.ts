/** The names that files have in an archive. Whatever they say, they are only ever shown: files are kept under our own ids. */
import { type Entry, getFileNameLowLevel, validateFileName } from 'yauzl'
import { NAME_CHARS_MAX } from '../contract/limits.ts'

/** The path of an entry, with `/` between its parts. ZIP has two encodings, and most programs use a third. */
export function pathOf(entry: Pick<Entry, 'fileNameRaw' | 'generalPurposeBitFlag' | 'extraFields'>): string {
  const { fileNameRaw, generalPurposeBitFlag, extraFields } = entry
  try {
    return UTF8.decode(fileNameRaw).replaceAll('\\', '/')
  } catch {
    return getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false)
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/** Folders, and what systems leave in archives for themselves: nothing that anybody would miss. */
export function isNoFile(path: string): boolean {
  return (
    path.endsWith('/') ||
    path.split('/').some((part) => part === '__MACOSX' || /^\.[^.]|^(thumbs\.db|desktop\.ini)$/i.test(part))
  )
}

/** True for a path that would lead out of where it is unpacked: nobody makes such an archive by accident. */
export function isTrick(path: string): boolean {
  return validateFileName(path) !== null || path.includes('\0')
}

/** A path or a name, fit to be shown and stored: of one that is too long, its end. */
export function shownName(path: string): string {
  const clean = path
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, '')
    .trim()
  return clean.slice(-NAME_CHARS_MAX).toWellFormed() || 'file'
}

/** What a photo is called: the last part of its path. */
export function nameOf(path: string): string {
  return shownName(path.split('/').at(-1) ?? '')
}
