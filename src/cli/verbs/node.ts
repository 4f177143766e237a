// sampan node: the nodes of a cluster. A stopped node's containers end and it stops reporting,
// as a machine that was switched off.

import { requireCluster } from '../../cluster/lifecycle.ts'
import { UserError } from '../../cluster/user-error.ts'
import { agentOf } from '../agent-of.ts'
import { nodeViews } from '../node-views.ts'
import { renderNodes } from '../render-status.ts'
import {
  type CliContext,
  clusterName,
  jsonOption,
  nameOption,
  type OptionValues,
  type Verb,
} from '../verb.ts'

export const nodeList: Verb = {
  name: 'node list',
  help: 'the nodes and how they are',
  options: [nameOption, jsonOption],
  async run(context, values) {
    const nodes = await nodeViews(await requireCluster(clusterName(context, values)))
    if (values['json']) context.out.json(nodes)
    else context.out.print(renderNodes(nodes))
    return 0
  },
}

export const nodeStop: Verb = {
  name: 'node stop',
  takes: '<nodes...>',
  help: 'switch nodes off',
  options: [nameOption],
  async run(context, values, given) {
    const agent = await agentOf(context, values)
    for (const node of await known(context, values, given)) await agent.stopNode(node)
    return 0
  },
}

export const nodeStart: Verb = {
  name: 'node start',
  takes: '<nodes...>',
  help: 'switch nodes on again',
  options: [nameOption],
  async run(context, values, given) {
    const agent = await agentOf(context, values)
    for (const node of await known(context, values, given)) await agent.startNode(node)
    return 0
  },
}

async function known(
  context: CliContext,
  values: OptionValues,
  given: readonly string[],
): Promise<readonly string[]> {
  const { config } = await requireCluster(clusterName(context, values))
  const names = config.nodes.map(({ name }) => name)
  for (const node of given) {
    if (!names.includes(node)) {
      throw new UserError(`there is no node "${node}"; there are ${names.join(', ')}`)
    }
  }
  return given
}
