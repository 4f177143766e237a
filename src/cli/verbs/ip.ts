// sampan ip: the address at which NodePorts of the cluster answer on this machine.

import { requireCluster } from '../../cluster/lifecycle.ts'
import { clusterName, nameOption, type Verb } from '../verb.ts'

/** Every cluster's NodePorts are opened on the loopback address, where they need no privilege. */
const nodePortAddress = '127.0.0.1'

export const ip: Verb = {
  name: 'ip',
  help: 'the address at which NodePorts answer on this machine',
  options: [nameOption],
  async run(context, values) {
    await requireCluster(clusterName(context, values))
    context.out.print(nodePortAddress)
    return 0
  },
}
