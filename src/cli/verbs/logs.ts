// sampan logs: what a part of the cluster wrote.

import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { text as streamText } from 'node:stream/consumers'
import { requireCluster } from '../../cluster/lifecycle.ts'
import { logFile } from '../../cluster/tend.ts'
import { UserError } from '../../cluster/user-error.ts'
import { type CliContext, clusterName, nameOption, type Verb } from '../verb.ts'

export const logs: Verb = {
  name: 'logs',
  takes: '<part>',
  help: 'what a part wrote: control-plane, agent, supervisor, porter',
  options: [
    nameOption,
    { flags: '-f, --follow', help: 'go on as more is written' },
    { flags: '--tail <lines>', help: 'only the last lines' },
  ],
  async run(context, values, [part = '']) {
    const { folder } = await requireCluster(clusterName(context, values))
    const path = logFile(folder, part)
    if (!existsSync(path)) {
      const parts = readdirSync(folder.logs).map((file) => file.replace(/\.log$/, ''))
      throw new UserError(`there is no part "${part}"; there are ${parts.join(', ')}`)
    }
    const text = readFileSync(path, 'utf8')
    const { tail, follow } = values
    const lines = text.trimEnd().split('\n')
    const wanted = typeof tail === 'string' ? lines.slice(-Number(tail)) : lines
    if (text !== '') context.out.print(wanted.join('\n'))
    if (follow) await followFile(path, statSync(path).size, context)
    return 0
  },
}

/** Logs are only appended to; asking twice a second costs nothing and misses nothing. */
async function followFile(
  path: string,
  from: number,
  { out, clock, signal }: CliContext,
): Promise<void> {
  let at = from
  while (!signal.aborted) {
    const { size } = statSync(path)
    if (size > at) {
      const stream = createReadStream(path, { start: at, end: size - 1, encoding: 'utf8' })
      out.print((await streamText(stream)).trimEnd())
      at = size
    }
    await clock.sleep(500, signal).catch(() => {})
  }
}
