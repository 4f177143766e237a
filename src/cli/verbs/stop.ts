// sampan stop: ends all processes of a cluster; its objects, images and volumes stay.

import { stopCluster } from '../../cluster/lifecycle.ts'
import { clusterName, nameOption, type Verb } from '../verb.ts'

export const stop: Verb = {
  name: 'stop',
  help: 'end all processes of a cluster and keep what it holds',
  options: [nameOption],
  async run(context, values) {
    const name = clusterName(context, values)
    const startedAtMs = context.clock.now().getTime()
    await stopCluster(name, context)
    context.out.step(`"${name}" is stopped`, context.clock.now().getTime() - startedAtMs)
    return 0
  },
}
