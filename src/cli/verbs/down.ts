// sampan down: ends a cluster and removes everything of it, from the kubeconfig too.

import { downCluster } from '../../cluster/lifecycle.ts'
import { withdrawContext } from '../publish-context.ts'
import { clusterName, nameOption, type Verb } from '../verb.ts'

export const down: Verb = {
  name: 'down',
  help: 'end a cluster and remove everything of it',
  options: [nameOption],
  async run(context, values) {
    const name = clusterName(context, values)
    const startedAtMs = context.clock.now().getTime()
    const wasThere = await downCluster(name, context)
    await withdrawContext(name, context.env)
    if (wasThere) {
      context.out.step(`the cluster "${name}" is gone`, context.clock.now().getTime() - startedAtMs)
    } else context.out.note(`There is no cluster "${name}".`)
    return 0
  },
}
