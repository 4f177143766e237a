// sampan kubectl: the machine's kubectl, speaking to this cluster whatever the current context is.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { requireCluster } from '../../cluster/lifecycle.ts'
import { UserError } from '../../cluster/user-error.ts'
import { kubeconfigFile } from '../publish-context.ts'
import { type CliContext, clusterName, nameOption, type Verb } from '../verb.ts'

export const kubectl: Verb = {
  name: 'kubectl',
  takes: '[args...]',
  help: "run this machine's kubectl on the cluster",
  options: [nameOption],
  isPassThrough: true,
  async run(context, values, given) {
    const { folder } = await requireCluster(clusterName(context, values))
    const path = findProgram('kubectl', context)
    const env = { ...definedOf(context.env), KUBECONFIG: kubeconfigFile(folder) }
    // This process becomes kubectl: terminal, signals and exit code are its own.
    process.execve?.(path, ['kubectl', ...given], env)
    throw new Error('this Node.js cannot become another program')
  },
}

function findProgram(name: string, { env }: CliContext): string {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not in this folder.
    }
  }
  const advice =
    'sudo apt-get install -y kubernetes-client (or https://kubernetes.io/docs/tasks/tools)'
  throw new UserError(`${name} is not on this machine; to install it: ${advice}`, 127)
}

function definedOf(env: CliContext['env']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
