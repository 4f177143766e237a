// sampan load: puts images from archives onto all nodes: docker-archive, OCI archive or layout as
// tar, plain or compressed with gzip or zstd.

import { createReadStream, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { UserError } from '../../cluster/user-error.ts'
import { agentOf } from '../agent-of.ts'
import { type CliContext, nameOption, type Verb } from '../verb.ts'

export const load: Verb = {
  name: 'load',
  takes: '<files...>',
  help: "load images from archives ('-' reads stdin)",
  options: [nameOption],
  async run(context, values, files) {
    const { out, clock } = context
    const agent = await agentOf(context, values)
    for (const file of files) {
      const startedAtMs = clock.now().getTime()
      const archive = openArchive(file, context)
      out.busy(`loading ${file}`)
      const names = await agent
        .loadImages(archive, (text) => out.busy(text))
        .catch((error) => {
          throw error instanceof UserError ? new UserError(`${file}: ${error.message}`) : error
        })
      for (const name of names) out.print(name)
      out.step(`loaded ${file}`, clock.now().getTime() - startedAtMs)
    }
    return 0
  },
}

function openArchive(file: string, { cwd }: CliContext): AsyncIterable<Uint8Array> {
  if (file === '-') return process.stdin
  const path = resolve(cwd, file)
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) throw new UserError(`${file}: there is no such file`)
  if (found.isDirectory()) throw new UserError(`${file}: a folder; load takes tar archives`)
  return createReadStream(path, { highWaterMark: 1 << 20 })
}
