/** One job, for people to read. */
import type { DeadLetter } from '../queue/dead-letters.ts'
import type { JobSighting } from '../queue/find-job.ts'
import type { JobError } from '../queue/job.ts'
import type { StagedJob } from '../queue/job-stage.ts'
import type { Operation } from '../queue/operations.ts'
import { openEnvelope } from '../queue/payload/envelope.ts'
import { momentInWords } from './in-words.ts'
import { harmless, onOneLine } from './table.ts'

type Line = readonly [name: string, value: string | undefined]

/** Where a job is and what is known of it. */
export function describeJob({ id, job, operation, ended, isComplete }: JobSighting & { readonly id: string }): string {
  const head: readonly Line[] = [
    ['job', id],
    ['stage', job === undefined ? stageWithout(operation, isComplete) : stageOf(job)],
    ['queue', job?.queue ?? ended?.queue],
    ['task', job?.task ?? operation?.task ?? ended?.task],
    ['key', job?.key ?? undefined],
    ['tenant', job?.tenant ?? undefined],
    ['priority', job?.priority],
    ['attempts', String(job?.attempt ?? ended?.attempt ?? operation?.attempt ?? 0)],
    ['crashes', job === undefined || job.crashes === 0 ? undefined : String(job.crashes)],
    ['submitted', momentInWords(operation?.submittedAt ?? job?.submittedAt ?? new Date(0))],
    ...operationLines(operation),
    ['ended', ended === undefined ? undefined : `${ended.status} ${momentInWords(ended.endedAt)}`],
    ['input', job === undefined ? undefined : inputInWords(job.payload)],
  ]
  return `${lines(head)}${errorsInWords(job?.errors ?? ended?.errors ?? [])}`
}

/** A dead letter with all that its attempts left behind. */
export function describeDeadLetter(letter: DeadLetter): string {
  const head: readonly Line[] = [
    ['job', letter.id],
    ['died', `${momentInWords(letter.diedAt)} of ${letter.code ?? 'no error'}`],
    ['reason', REASONS[letter.reason]],
    ['queue', letter.queue],
    ['task', letter.task],
    ['key', letter.key ?? undefined],
    ['tenant', letter.tenant ?? undefined],
    ['priority', letter.priority],
    ['attempts', String(letter.attempt)],
    ['crashes', letter.crashes === 0 ? undefined : String(letter.crashes)],
    ['input', inputInWords(letter.payload)],
  ]
  return `${lines(head)}${errorsInWords(letter.errors)}`
}

const REASONS: Readonly<Record<DeadLetter['reason'], string>> = {
  attempts: 'attempts: all were spent, or the time for them',
  permanent: 'permanent: no retry helps',
  crashes: 'crashes: workers died under it',
}

function stageOf({ stage, worker, dueAt, parked, died }: StagedJob): string {
  switch (stage) {
    case 'waiting':
      return 'waiting for a worker'
    case 'running':
      return `running: worker ${worker} has it`
    case 'scheduled':
      return `scheduled: due ${dueAt === null ? '' : momentInWords(dueAt)}`
    case 'parked':
      return `parked since ${parked === null ? '' : momentInWords(parked.at)}: ${
        parked?.why === 'paused' ? 'its task is paused' : 'no release here knows its task, or its version'
      }`
    case 'dead':
      return `dead since ${died === null ? '' : momentInWords(died.at)}: ${died?.code ?? 'no error'}`
    default:
      return stage satisfies never
  }
}

/** An operation knows how its job stands even where the job was not found. */
function stageWithout(operation: Operation | undefined, isComplete: boolean): string {
  if (operation === undefined || operation.endedAt !== null) return 'ended'
  return `${operation.status}${isComplete ? '' : ', further back than was looked'}`
}

function operationLines(operation: Operation | undefined): readonly Line[] {
  if (operation === undefined) return []
  const { status, progress, isCancelRequested, result } = operation
  const share = progress === null ? '' : `, ${Math.round(progress.done * 100)} % ${progress.note ?? ''}`
  return [
    ['operation', `${status}${share}${isCancelRequested && status === 'running' ? ', to be cancelled' : ''}`],
    ['result', result === null ? undefined : JSON.stringify(result)],
  ]
}

/** What lies elsewhere, or is encrypted, is said to be so: operators need no keys. */
function inputInWords(payload: string): string {
  let envelope: ReturnType<typeof openEnvelope>
  try {
    envelope = openEnvelope(JSON.parse(payload), () => new Error('not known'))
  } catch {
    return payload
  }
  if (envelope === undefined) return payload
  if ('plain' in envelope) return JSON.stringify(envelope.plain)
  const key = envelope.key === undefined ? '' : `, encrypted with the key ${envelope.key}`
  return 'blob' in envelope ? `${envelope.blob} bytes in a blob${key}` : `encrypted with the key ${envelope.key}`
}

function errorsInWords(errors: readonly JobError[]): string {
  if (errors.length === 0) return ''
  const told = errors.map(({ code, message, at }) => `  ${at}  ${onOneLine(code)}\n    ${indented(message)}\n`)
  return `errors, oldest first\n${told.join('')}`
}

function indented(message: string): string {
  return harmless(message).trimEnd().replaceAll('\n', '\n    ')
}

function lines(all: readonly Line[]): string {
  const width = Math.max(...all.map(([name]) => name.length))
  return all
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(width)}  ${onOneLine(value)}\n`]))
    .join('')
}
