/** One call of a handler: input parsed and checked, the attempt's tools made, the output checked. The same in every process. */
import { check, describeViolations } from '../contract/schema.ts'
import type { Task } from '../contract/task.ts'
import { upcastInput } from '../contract/version.ts'
import { asError } from '../kernel/errors.ts'
import type { Runtime } from './attempt.ts'
import { workerErrors } from './errors.ts'
import type { Handler } from './handler.ts'
import { type AttemptControl, type JobToRun, type Ran, RunningAttempt } from './running-attempt.ts'

/**
 * Runs it. `readInput` answers the input as it was submitted, or a promise of it. Throws or rejects: a worker runs tens of
 * thousands a second, so nothing waits that need not.
 *
 * @throws what the handler throws, MILLRACE_WORKER_UPCAST_FAILED, MILLRACE_WORKER_INPUT_INVALID,
 * MILLRACE_WORKER_OUTPUT_INVALID
 */
export function runHandler(
  runtime: Runtime,
  handler: Handler,
  job: JobToRun,
  readInput: () => unknown,
  control: AttemptControl,
): Promise<Ran> {
  const run = (input: unknown): Promise<Ran> => {
    const attempt = new RunningAttempt(runtime, handler.task, job, control, input)
    // a handler in plain JavaScript may be no async function
    return Promise.resolve(handler.run(attempt)).then((output: unknown) => attempt.finish(output))
  }
  const submitted = readInput()
  const input =
    submitted instanceof Promise
      ? submitted.then((fetched: unknown) => parseInput(handler.task, job.version, fetched))
      : parseInput(handler.task, job.version, submitted)
  return input instanceof Promise ? input.then(run) : run(input)
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
