import { runProcess } from '../app/run-process.ts'
import { webProcess } from '../app/web-process.ts'
import { readCall } from './arguments.ts'

export async function run(args: readonly string[]): Promise<number> {
  const { app, settings } = await readCall(args)
  return runProcess(await webProcess(app, settings))
}
