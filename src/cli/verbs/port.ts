// sampan port: ports of this machine that lead to a port of a node, opened and closed at any time.
// NodePorts need none: they answer on 127.0.0.1 by themselves.

import { requireCluster } from '../../cluster/lifecycle.ts'
import { parsePortMapping } from '../../cluster/port-mapping.ts'
import { agentOf } from '../agent-of.ts'
import { renderColumns } from '../columns.ts'
import { clusterName, jsonOption, nameOption, type Verb } from '../verb.ts'

export const portAdd: Verb = {
  name: 'port add',
  takes: '<mappings...>',
  help: 'open ports: [ADDRESS:]HOSTPORT:NODEPORT, e.g. 8080:30800',
  options: [nameOption, { flags: '--node <node>', help: 'which node (default: the first)' }],
  async run(context, values, given) {
    const { config } = await requireCluster(clusterName(context, values))
    const { node = config.nodes[0]?.name } = values
    const agent = await agentOf(context, values)
    for (const text of given) {
      const port = await agent.addPort(parsePortMapping(text, String(node)))
      context.out.print(`${port.listenAddress}:${port.hostPort}`)
    }
    return 0
  },
}

export const portList: Verb = {
  name: 'port list',
  help: 'the ports that were opened',
  options: [nameOption, jsonOption],
  async run(context, values) {
    const ports = await (await agentOf(context, values)).listPorts()
    if (values['json']) context.out.json(ports)
    else {
      const rows = ports.map(({ listenAddress, hostPort, node, nodePort, protocol }) => [
        `${listenAddress}:${hostPort}`,
        `${node}:${nodePort}`,
        protocol,
      ])
      context.out.print(renderColumns(['HOST', 'NODE', 'PROTOCOL'], rows))
    }
    return 0
  },
}

export const portRemove: Verb = {
  name: 'port remove',
  takes: '<ports...>',
  help: 'close ports: [ADDRESS:]HOSTPORT',
  options: [nameOption],
  async run(context, values, given) {
    const agent = await agentOf(context, values)
    for (const text of given) {
      const [, address = '0.0.0.0', port = ''] = /^(?:(.+):)?(\d+)$/.exec(text) ?? []
      await agent.removePort(address, Number(port))
    }
    return 0
  },
}
