// The status of a cluster: as an object for scripts, as text for people.

import type { ClusterView } from '../cluster/lifecycle.ts'
import type { PartState, ProcessMark } from '../cluster/state.ts'
import { renderColumns } from './columns.ts'
import type { NodeView } from './node-views.ts'

export interface Status {
  readonly name: string
  readonly status: string
  readonly context: string
  readonly server: string
  readonly processes: readonly {
    readonly name: string
    readonly pid: number
    readonly restarts: number
  }[]
  readonly nodes: readonly NodeView[]
  readonly folder: string
}

export function statusOf(view: ClusterView, nodes: readonly NodeView[]): Status {
  const { name, life, config, state, folder } = view
  const { porter, holder, parts, apiServerPort } = state
  const isUp = life !== 'stopped'
  const processes = [
    { name: 'porter', mark: porter },
    { name: 'holder', mark: holder },
    ...Object.entries(parts).map(([part, mark]) => ({ name: part, mark })),
  ]
  return {
    name,
    status: life,
    context: `sampan-${name}`,
    server: isUp && apiServerPort ? `https://${config.apiServer.address}:${apiServerPort}` : '',
    processes: isUp
      ? processes.flatMap(({ name, mark }) =>
          mark ? [{ name, pid: mark.pid, restarts: restartsOf(mark) }] : [],
        )
      : [],
    nodes,
    folder: folder.root,
  }
}

function restartsOf(mark: ProcessMark | PartState): number {
  return 'restarts' in mark ? mark.restarts : 0
}

export function renderStatus(status: Status): string {
  const { name, context, server, processes, nodes, folder } = status
  const facts = [
    ['cluster', `${name} (${status.status})`],
    ...(server ? [['server', server]] : []),
    ['context', context],
    ['files', folder],
  ]
  const blocks = [
    renderColumns(facts[0] ?? [], facts.slice(1)),
    ...(processes.length > 0
      ? [
          renderColumns(
            ['PROCESS', 'PID', 'RESTARTS'],
            processes.map(({ name, pid, restarts }) => [name, `${pid}`, `${restarts}`]),
          ),
        ]
      : []),
    ...(nodes.length > 0 ? [renderNodes(nodes)] : []),
  ]
  return blocks.join('\n\n')
}

export function renderNodes(nodes: readonly NodeView[]): string {
  return renderColumns(
    ['NODE', 'STATUS', 'ROLE', 'ADDRESS'],
    nodes.map(({ name, status, role, address }) => [name, status, role, address]),
  )
}
