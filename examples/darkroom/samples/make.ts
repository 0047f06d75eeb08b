/** `npm run samples`: writes twelve pictures for people without any at hand. The same ones each time. */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { develop } from './develop.ts'
import { SAMPLES, type Sample } from './samples.ts'

const HELP = `Makes ${SAMPLES.length} pictures to try Darkroom with: landscapes and others, of several shapes and sizes,
with the camera's notes (EXIF) in them. They are the same each time.

  npm run samples                  into ./samples-out
  npm run samples -- <folder>      into this folder, which is made when missing

Files of the same name are overwritten. Then drag the folder into Darkroom.`

const AT_ONCE = 2

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  })
  if (values.help) return console.log(HELP)
  if (positionals.length > 1)
    throw new Error(`one folder at most, not ${positionals.length}: ${positionals.join(', ')}`)
  const folder = resolve(positionals[0] ?? 'samples-out')
  await mkdir(folder, { recursive: true })
  const left = [...SAMPLES]
  let done = 0
  const makeSome = async () => {
    for (let sample = left.shift(); sample; sample = left.shift()) {
      const bytes = await develop(sample, join(folder, `${sample.name}.jpg`))
      done += 1
      console.log(lineOf(done, sample, bytes))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, makeSome))
  console.log(`\n${done} pictures in ${folder}\nDrag the folder into Darkroom.`)
}

function lineOf(done: number, { name, width, height }: Sample, bytes: number): string {
  const count = `${String(done).padStart(2)}/${SAMPLES.length}`
  return `${count}  ${name.padEnd(26)} ${`${width} × ${height}`.padEnd(13)} ${(bytes / 1e6).toFixed(1).padStart(5)} MB`
}

try {
  await main()
} catch (thrown) {
  console.error(
    `samples: ${thrown instanceof Error ? thrown.message : String(thrown)}\nnpm run samples -- --help tells how to use it.`,
  )
  process.exitCode = 1
}
