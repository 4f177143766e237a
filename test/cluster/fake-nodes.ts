// Nodes for tests of the control plane: a Pod bound to one runs at once, and ends when told to.

import { isReason } from '../../src/api/status-error.ts'
import type { Node, Pod } from '../../src/api/types.gen.ts'
import type { ApiClient } from '../../src/client/create-client.ts'
import type { RunningInformers } from '../../src/client/informers.ts'

export interface FakeNodes {
  /** Whether Pods become ready when they run; true at first. */
  makeReady(isReady: (pod: Pod) => boolean): void
  /** How Pods end by themselves; none do at first. */
  finishAs(phaseOf: (pod: Pod) => 'Succeeded' | 'Failed' | undefined): void
}

export async function runFakeNodes(
  client: ApiClient,
  informers: RunningInformers,
  names: readonly string[],
): Promise<FakeNodes> {
  let isReady = (_: Pod) => true
  let phaseOf = (_: Pod): 'Succeeded' | 'Failed' | undefined => undefined
  let lastAddress = 1
  const settle = async (pod: Pod) => {
    const { name, namespace = '', uid = '' } = pod.metadata
    const key = { namespace, name }
    try {
      if (pod.metadata.deletionTimestamp) {
        await client.delete('Pod', key, { gracePeriodSeconds: 0, preconditions: { uid } })
        return
      }
      if (pod.status?.phase !== 'Pending') return
      lastAddress += 1
      const running = runningStatus(
        pod,
        `10.244.${lastAddress >> 8}.${lastAddress & 255}`,
        isReady(pod),
      )
      const phase = phaseOf(pod)
      const status = { ...running, ...(phase && { phase }) }
      await client.patch('Pod', key, { status }, { type: 'strategic', subresource: 'status' })
    } catch (error) {
      if (!isReason(error, 'NotFound', 'Conflict')) throw error
    }
  }
  for (const name of names) await registerNode(client, name)
  informers.onChange('Pod', ({ current }) => {
    if (current?.spec.nodeName) void settle(current)
  })
  return {
    makeReady: (decide) => {
      isReady = decide
    },
    finishAs: (decide) => {
      phaseOf = decide
    },
  }
}

async function registerNode(client: ApiClient, name: string): Promise<void> {
  const time = `${new Date().toISOString().slice(0, 19)}Z`
  const capacity = { cpu: '4', memory: '8Gi', pods: '110' }
  const node: Node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    spec: {},
  }
  await client.create('Node', node)
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'ready' }
  const conditions = [{ ...ready, lastHeartbeatTime: time, lastTransitionTime: time }]
  const patch = { status: { capacity, allocatable: capacity, conditions } }
  await client.patch('Node', { name }, patch, { type: 'strategic', subresource: 'status' })
}

function runningStatus(pod: Pod, podIP: string, ready: boolean): Pod['status'] {
  const time = `${new Date().toISOString().slice(0, 19)}Z`
  const condition = { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: time }
  return {
    phase: 'Running',
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: time,
    conditions: [condition],
    containerStatuses: pod.spec.containers.map(({ name, image = '' }) => ({
      name,
      image,
      imageID: image,
      ready,
      restartCount: 0,
      state: { running: { startedAt: time } },
    })),
  }
}
