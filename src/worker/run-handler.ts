/** One call of a handler: input parsed and checked, the attempt's tools made, the output checked. The same in every process. */
import { accessInWords, allows } from '../contract/access.ts'
import { check, describeViolations } from '../contract/schema.ts'
import type { Task } from '../contract/task.ts'
import { upcastInput } from '../contract/version.ts'
import { asError } from '../kernel/errors.ts'
import type { Runtime } from './attempt.ts'
import { workerErrors } from './errors.ts'
import type { Handler } from './handler.ts'
import { type AttemptControl, type Given, type JobToRun, type Ran, RunningAttempt } from './running-attempt.ts'

/**
 * Runs it. `readInput` answers the input as it was submitted, or a promise of it. Throws or rejects: a worker runs tens of
 * thousands a second, so nothing waits that need not.
 *
 * @throws what the handler throws, MILLRACE_WORKER_ACTOR_GONE, MILLRACE_WORKER_ACTOR_DENIED, MILLRACE_WORKER_UPCAST_FAILED, MILLRACE_WORKER_INPUT_INVALID,
 * MILLRACE_WORKER_OUTPUT_INVALID
 */
export function runHandler(
  runtime: Runtime,
  handler: Handler,
  job: JobToRun,
  readInput: () => unknown,
  control: AttemptControl,
): Promise<Ran> {
  const call = (given: Given): Promise<Ran> => {
    const attempt = new RunningAttempt(runtime, handler.task, job, control, given)
    // a handler in plain JavaScript may be no async function
    return Promise.resolve(handler.run(attempt)).then((output: unknown) => attempt.finish(output))
  }
  const run = (input: unknown): Promise<Ran> =>
    job.actor === undefined ? call({ input, actor: undefined }) : callAs(runtime, handler, job.actor, input, call)
  const submitted = readInput()
  const input =
    submitted instanceof Promise
      ? submitted.then((fetched: unknown) => parseInput(handler.task, job.version, fetched))
      : parseInput(handler.task, job.version, submitted)
  return input instanceof Promise ? input.then(run) : run(input)
}

/** Calls a handler in somebody's name, with the rights that they have now. */
async function callAs(
  { people }: Runtime,
  { task, isOfMany }: Handler,
  account: string,
  input: unknown,
  call: (given: Given) => Promise<Ran>,
): Promise<Ran> {
  const actor = await people?.find(account)
  if (people === undefined || actor === undefined)
    throw workerErrors.MILLRACE_WORKER_ACTOR_GONE({ task: task.name, account })
  if (task.access !== undefined && !allows(task.access, actor))
    throw workerErrors.MILLRACE_WORKER_ACTOR_DENIED({ task: task.name, account, needs: accessInWords(task.access) })
  const given = { input, actor }
  return isOfMany === true ? call(given) : people.actors.run({ principal: actor }, () => call(given))
}

function parseInput(task: Task, version: number, submitted: unknown): unknown {
  const checking = check(task.input, version === task.version ? submitted : renew(task, version, submitted))
  const take = (checked: Awaited<typeof checking>): unknown => {
    if (checked.ok) return checked.value
    const violations = describeViolations(checked.violations)
    throw workerErrors.MILLRACE_WORKER_INPUT_INVALID({ task: task.name, violations })
  }
  return checking instanceof Promise ? checking.then(take) : take(checking)
}

/** @throws MILLRACE_WORKER_UPCAST_FAILED */
function renew(task: Task, version: number, submitted: unknown): unknown {
  try {
    return upcastInput(task, version, submitted)
  } catch (thrown) {
    throw workerErrors.MILLRACE_WORKER_UPCAST_FAILED({ task: task.name, version, why: asError(thrown).message }, thrown)
  }
}
