// sampan kubeconfig: prints a kubeconfig for the cluster alone, e.g. to hand it to a program.

import { readFileSync } from 'node:fs'
import { requireCluster } from '../../cluster/lifecycle.ts'
import { kubeconfigFile, publishContext } from '../publish-context.ts'
import { clusterName, nameOption, type Verb } from '../verb.ts'

export const kubeconfig: Verb = {
  name: 'kubeconfig',
  help: 'print a kubeconfig of the cluster',
  options: [
    nameOption,
    { flags: '--merge', help: 'put the context into your kubeconfig again instead' },
  ],
  async run(context, values) {
    const name = clusterName(context, values)
    const { folder, state } = await requireCluster(name)
    if (values['merge']) {
      await publishContext(name, { apiServerPort: state.apiServerPort ?? 0, env: context.env })
    } else context.out.print(readFileSync(kubeconfigFile(folder), 'utf8').trimEnd())
    return 0
  },
}
