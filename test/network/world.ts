// Two nodes with Pod networks and service proxies over a fake API server, inside a fabric.

import { mkdtempSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EndpointSlice, Service } from '../../src/api/types.gen.ts'
import { createClient } from '../../src/client/create-client.ts'
import { fakeApi } from '../../src/client/fake-api.ts'
import { createInformers } from '../../src/client/informers.ts'
import type { PodNetwork } from '../../src/cri/pod-network.ts'
import { check, runCommand } from '../../src/host/command.ts'
import { testNodes } from '../../src/host/in-fabric.ts'
import { openNetworkNamespace } from '../../src/host/network-namespace.ts'
import { systemEnvironment } from '../../src/host/system-path.ts'
import { lineLog } from '../../src/lib/log.ts'
import { startPodNetwork } from '../../src/network/pod-network.ts'
import { addTestPod, type TestPod } from '../../src/network/test-pods.ts'
import { proxyWants, startProxy } from '../../src/proxy/proxy.ts'

export const nodes = testNodes(2)

export async function startWorld() {
  const stop = new AbortController()
  const { signal } = stop
  const log = lineLog((line) => process.stderr.write(line))
  const client = createClient(fakeApi())
  const informers = createInformers(client, proxyWants, { signal })
  const namespaces = nodes.map((node) => ({ node, ...openNetworkNamespace(node.name) }))
  const own = openNetworkNamespace()
  const all = [...namespaces, own]
  const podSubnet = '10.244.0.0/16'
  const proxy = startProxy({
    ...{ informers, namespaces: all, podSubnet, signal, log },
    serviceSubnet: '10.96.0.0/16',
  })
  const folder = mkdtempSync('/run/leases-')
  const networks = await Promise.all(
    namespaces.map((namespace) =>
      startPodNetwork({
        node: namespace.node,
        namespace,
        folder: `${folder}/${namespace.node.name}`,
      }),
    ),
  )
  await proxy.ready
  const pods: TestPod[] = []

  return {
    client,
    informers,
    signal,
    log,
    async pod(node: 1 | 2): Promise<TestPod> {
      const pod = await addTestPod(networkOf(networks, node), `pod-${pods.length + 1}`)
      pods.push(pod)
      return pod
    },
    inNode: (node: 1 | 2, argv: readonly string[]) =>
      check(runCommand, ['nsenter', `--net=/run/netns/node-${node}`, ...argv], {
        env: systemEnvironment(),
      }),
    inFabric: (argv: readonly string[]) => check(runCommand, argv, { env: systemEnvironment() }),
    stop: async () => {
      for (const pod of pods) await pod.remove()
      stop.abort()
      for (const namespace of all) namespace.close()
      await proxy.ended
    },
  }
}

function networkOf(networks: readonly PodNetwork[], node: number): PodNetwork {
  const network = networks[node - 1]
  if (!network) throw new Error(`there is no node ${node}`)
  return network
}

type ServiceParts = Service['spec'] & { readonly name: string }

export function service({ name, ...spec }: ServiceParts): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name }, spec }
}

type Backend = { readonly ip: string; readonly node: number; readonly conditions?: object }

export function slice(
  name: string,
  backends: readonly Backend[],
  ports: EndpointSlice['ports'] = [{ port: 80, protocol: 'TCP' }],
): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: 'default',
      name: `${name}-1`,
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: 'IPv4',
    ports,
    endpoints: backends.map(({ ip, node, conditions = { ready: true } }) => ({
      addresses: [ip],
      nodeName: `node-${node}`,
      conditions,
    })),
  }
}

/** Repeats `ask` until `isRight`, for rules follow objects with a short delay. */
export async function until(ask: () => Promise<string>, isRight: (answer: string) => boolean) {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await ask()
    if (isRight(answer)) return answer
    await sleep(10)
  }
  throw new Error(`the answer stays ${await ask()}`)
}
