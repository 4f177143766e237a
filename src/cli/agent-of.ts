// The agent of the cluster a verb is about.

import { controlOver } from '../cluster/control-client.ts'
import type { Control } from '../cluster/control-protocol.ts'
import { requireCluster } from '../cluster/lifecycle.ts'
import { UserError } from '../cluster/user-error.ts'
import { type CliContext, clusterName, type OptionValues } from './verb.ts'

export async function agentOf(context: CliContext, values: OptionValues): Promise<Control> {
  const { name, folder, life } = await requireCluster(clusterName(context, values))
  if (life === 'stopped') {
    throw new UserError(`the cluster "${name}" is stopped; sampan start --name ${name} runs it`)
  }
  return controlOver(folder.agentSocket)
}
