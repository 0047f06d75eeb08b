/**
 * How the server is set. The file is written anew at each start, so that a new release of Millrace can change it; what a
 * user sets with ALTER SYSTEM wins over it. What keeps data safe is written out, though it is PostgreSQL's default too.
 */
import { totalmem } from 'node:os'
import { LOG_LINE_PREFIX } from './server-log.ts'

const MB = 1024 * 1024
const GB = 1024 * MB

export const CONNECTIONS_MAX = 100

/** Memory that this machine, or the container's limit, gives us, in bytes. */
export function memoryBytes(): number {
  const limit = process.constrainedMemory()
  return limit > 0 && limit < totalmem() ? limit : totalmem()
}

/** The whole settings file, for so many bytes of memory. */
export function serverSettings(memory: number, clusterName: string): string {
  const settings: Readonly<Record<string, string>> = {
    // Safety: an acknowledged commit is on disk, and a page torn by a crash can be repaired.
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',

    // Memory. Web, worker and the page cache share the machine, so the server itself stays small.
    shared_buffers: megabytes(memory / 8, 64 * MB, GB),
    effective_cache_size: megabytes(memory / 2, 256 * MB, 64 * GB),
    work_mem: megabytes(memory / 1024, 4 * MB, 32 * MB),
    maintenance_work_mem: megabytes(memory / 32, 64 * MB, 512 * MB),

    // Write-ahead log: room between checkpoints for bursts of jobs. Not compressed: the npm builds know only pglz, which
    // costs more processor time than the bytes are worth on a local disk.
    max_wal_size: megabytes(memory / 4, GB, 2 * GB),
    min_wal_size: '256MB',
    checkpoint_completion_target: '0.9',
    wal_compression: 'off',

    // Planner: solid-state disks; short statements, for which compiling costs more than it saves.
    random_page_cost: '1.1',
    jit: 'off',

    // Queue tables change all the time: look for dead rows often.
    autovacuum_naptime: '10s',

    // Connections. A client that died with a transaction open must not hold up vacuum and locks.
    max_connections: String(CONNECTIONS_MAX),
    idle_in_transaction_session_timeout: '60s',
    client_connection_check_interval: '5s',
    unix_socket_permissions: '0700',

    // The log goes to the supervisor, line by line, without statements: they may hold what nobody should read in a log.
    log_min_messages: 'warning',
    log_min_error_statement: 'panic',
    log_line_prefix: quoted(LOG_LINE_PREFIX),
    log_startup_progress_interval: '5s',
    lc_messages: quoted('C'),
    timezone: quoted('UTC'),
    log_timezone: quoted('UTC'),
    cluster_name: quoted(clusterName),
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  return ['# Written by Millrace at each start: changes are lost. Use ALTER SYSTEM.', ...lines, ''].join('\n')
}

function megabytes(wanted: number, min: number, max: number): string {
  return `${Math.round(Math.min(Math.max(wanted, min), max) / MB)}MB`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
