// sampan list: the clusters of this user on this machine.

import { listClusters } from '../../cluster/lifecycle.ts'
import { renderColumns } from '../columns.ts'
import { jsonOption, type Verb } from '../verb.ts'

export const list: Verb = {
  name: 'list',
  help: 'the clusters on this machine',
  options: [jsonOption],
  async run({ out }, values) {
    const clusters = await listClusters()
    if (values['json']) {
      out.json(
        clusters.map(({ name, life, config, state }) => ({
          name,
          status: life,
          nodes: config.nodes.length,
          apiServerPort: state.apiServerPort,
        })),
      )
    } else if (clusters.length === 0) out.note('There is no cluster; sampan up makes one.')
    else {
      const rows = clusters.map(({ name, life, config }) => [name, life, `${config.nodes.length}`])
      out.print(renderColumns(['NAME', 'STATUS', 'NODES'], rows))
    }
    return 0
  },
}
