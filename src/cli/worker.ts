import { runProcess } from '../app/run-process.ts'
import { workerProcess } from '../app/worker-process.ts'
import { readCall } from './arguments.ts'

export async function run(args: readonly string[]): Promise<number> {
  const { app, settings } = await readCall(args)
  return runProcess(await workerProcess(app, settings))
}
