// sampan status: how a cluster is: its processes, nodes, ports. Exit code 3 unless it runs.

import { requireCluster } from '../../cluster/lifecycle.ts'
import { nodeViews } from '../node-views.ts'
import { renderStatus, statusOf } from '../render-status.ts'
import { clusterName, jsonOption, nameOption, type Verb } from '../verb.ts'

const notRunning = 3

export const status: Verb = {
  name: 'status',
  help: 'how a cluster is (exit code 3 unless it runs)',
  options: [nameOption, jsonOption],
  async run(context, values) {
    const view = await requireCluster(clusterName(context, values))
    const nodes = view.life === 'running' ? await nodeViews(view).catch(() => []) : []
    const found = statusOf(view, nodes)
    if (values['json']) context.out.json(found)
    else context.out.print(renderStatus(found))
    return view.life === 'running' ? 0 : notRunning
  },
}
