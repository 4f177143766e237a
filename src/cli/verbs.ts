// Table: the verbs of the command line, in the order of the help.

import type { Verb } from './verb.ts'
import { completion } from './verbs/completion.ts'
import { down } from './verbs/down.ts'
import { imageList, imagePull, imageRemove } from './verbs/image.ts'
import { ip } from './verbs/ip.ts'
import { kubeconfig } from './verbs/kubeconfig.ts'
import { kubectl } from './verbs/kubectl.ts'
import { list } from './verbs/list.ts'
import { load } from './verbs/load.ts'
import { logs } from './verbs/logs.ts'
import { nodeList, nodeStart, nodeStop } from './verbs/node.ts'
import { portAdd, portList, portRemove } from './verbs/port.ts'
import { start } from './verbs/start.ts'
import { status } from './verbs/status.ts'
import { stop } from './verbs/stop.ts'
import { up } from './verbs/up.ts'
import { version } from './verbs/version.ts'

export const groups: Readonly<Record<string, string>> = {
  image: 'images of a cluster: pull, list, remove',
  node: 'nodes of a cluster: list, stop, start',
  port: 'ports of this machine that lead to nodes: add, list, remove',
}

export const verbs: readonly Verb[] = [
  up,
  down,
  stop,
  start,
  status,
  list,
  kubectl,
  kubeconfig,
  ip,
  load,
  imagePull,
  imageList,
  imageRemove,
  nodeList,
  nodeStop,
  nodeStart,
  portAdd,
  portList,
  portRemove,
  logs,
  version,
  completion,
]
