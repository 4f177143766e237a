// sampan logs: what a part of the cluster wrote.

import { existsSync, readdirSync } from 'node:fs'
import { requireCluster } from '../../cluster/lifecycle.ts'
import { logFile } from '../../cluster/tend.ts'
import { UserError } from '../../cluster/user-error.ts'
import { clusterName, nameOption, type Verb } from '../verb.ts'

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
    const { tail = '+1', follow } = values
    const argv = ['tail', '-n', String(tail), ...(follow ? ['-F'] : []), path]
    const env = { PATH: context.env['PATH'] ?? '/usr/bin:/bin' }
    process.execve?.('/usr/bin/env', ['env', ...argv], env)
    throw new Error('this Node.js cannot become another program')
  },
}
