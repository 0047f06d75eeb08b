/** `millrace dead redrive` and `discard`: what changes dead letters, with the questions that are asked before. */
import { openParts } from '../app/parts.ts'
import { EXIT } from '../app/run-process.ts'
import { asError } from '../kernel/errors.ts'
import { countDeadLetters, type DeadFilter, getDeadLetter } from '../queue/dead-letters.ts'
import { discardMatching, redriveEdited, redriveMatching } from '../queue/redrive.ts'
import { getApp, invalid, numberOf, taskOf } from './arguments-of-operators.ts'
import { cliErrors } from './errors.ts'
import { amount, countInWords, momentInWords, numberInWords } from './in-words.ts'
import { asOperator, type Operator } from './operator.ts'
import type { Given } from './subcommands.ts'
import { say, withProgress } from './terminal.ts'

export async function redrive(given: Given, filter: DeadFilter): Promise<number> {
  checkIsMeant(given, filter, 'redrive')
  const perSecond = numberOf(given, 'per-second')
  if (given.text('input') !== undefined) return redriveWithInput(given, filter)
  return asOperator(async (operator) => {
    const { db, hints } = operator
    const total = await countDeadLetters(db, filter)
    const { result, isStopped } = await withProgress(
      (count) => `${numberInWords(count)} of ${countInWords(total)} are redriven`,
      (progress) =>
        redriveMatching(db, filter, { hints, ...progress, ...(perSecond === undefined ? {} : { perSecond }) }),
    )
    const { count, lastDueAt } = result
    return end(given, filter, { verb: 'redriven', count, isStopped, lastDueAt })
  })
}

export async function discard(given: Given, filter: DeadFilter): Promise<number> {
  checkIsMeant(given, filter, 'discard')
  return asOperator(async ({ db }) => {
    const total = await countDeadLetters(db, filter)
    if (!given.isSet('yes') && total.count > 0) {
      const what = `${countInWords(total)} dead letter${total.count === 1 ? '' : 's'}`
      throw cliErrors.MILLRACE_CLI_NOT_CONFIRMED({ what })
    }
    const { result, isStopped } = await withProgress(
      (count) => `${numberInWords(count)} of ${countInWords(total)} are discarded`,
      (progress) => discardMatching(db, filter, progress),
    )
    return end(given, filter, { verb: 'discarded', count: result.count, isStopped })
  })
}

/** Nobody redrives everything by leaving something out. @throws MILLRACE_CLI_ARGUMENT_MISSING, MILLRACE_CLI_ARGUMENT_INVALID */
function checkIsMeant(given: Given, filter: DeadFilter, verb: string): void {
  const isAll = given.isSet('all')
  const isSaid = Object.keys(filter).length > 0
  if (!isAll && !isSaid) {
    const what = 'which of them are meant'
    throw cliErrors.MILLRACE_CLI_ARGUMENT_MISSING({
      what,
      usage: `ids, options such as --task, or --all (millrace dead ${verb} --help)`,
    })
  }
  if (isAll && isSaid) throw invalid('--all', '', 'alone: without ids and without options that say which')
}

interface End {
  readonly verb: 'redriven' | 'discarded'
  readonly count: number
  readonly isStopped: boolean
  readonly lastDueAt?: Date | null
}

/** Ids that were not there, and a run that was stopped, are no success. */
function end(given: Given, { ids }: DeadFilter, { verb, count, isStopped, lastDueAt }: End): number {
  const missing = ids === undefined ? 0 : Math.max(0, new Set(ids).size - count)
  const due = lastDueAt === undefined ? {} : { lastDueAt }
  say(given.isJson, { [verb]: count, missing, isStopped, ...due }, () =>
    [
      `${amount(count, 'dead letter')} ${count === 1 ? 'is' : 'are'} ${verb}`,
      lastDueAt instanceof Date ? `, the last one due ${momentInWords(lastDueAt)}` : '',
      missing === 0 ? '' : `; ${numberInWords(missing)} of these ids ${missing === 1 ? 'is' : 'are'} no dead letter`,
      isStopped ? '; stopped half way: the others are as they were' : '',
      '\n',
    ].join(''),
  )
  return missing === 0 && !isStopped ? EXIT.done : EXIT.failed
}

async function redriveWithInput(given: Given, { ids = [] }: DeadFilter): Promise<number> {
  const [id] = ids
  if (id === undefined || ids.length > 1) throw invalid('--input', given.text('input') ?? '', 'given with one id')
  const input = parse(given.text('input') ?? '')
  const app = await getApp(given, 'an input is checked against the schema of its task')
  return asOperator(async ({ db, hints, settings }: Operator) => {
    const { task } = await getDeadLetter(db, id)
    const parts = openParts(app, settings, 'operator')
    try {
      await redriveEdited(
        db,
        { id, task: taskOf(app, task), input: input as never },
        { hints, payloads: parts.payloads },
      )
    } finally {
      await parts.close()
    }
    return end(given, { ids }, { verb: 'redriven', count: 1, isStopped: false, lastDueAt: null })
  })
}

/** @throws MILLRACE_CLI_ARGUMENT_INVALID */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw invalid('--input', text, `JSON (${asError(thrown).message})`)
  }
}
