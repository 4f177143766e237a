// sampan start: runs a stopped cluster again, with all it held, after a reboot as well.

import { startCluster } from '../../cluster/lifecycle.ts'
import { lifeOptions, waitOption } from '../life-options.ts'
import { publishContext } from '../publish-context.ts'
import { clusterName, nameOption, type Verb } from '../verb.ts'

export const start: Verb = {
  name: 'start',
  help: 'run a stopped cluster again',
  options: [nameOption, waitOption],
  async run(context, values) {
    const name = clusterName(context, values)
    const { apiServerPort } = await startCluster(name, lifeOptions(context, values))
    await publishContext(name, { apiServerPort, env: context.env })
    context.out.note(`"${name}" is running.`)
    return 0
  },
}
