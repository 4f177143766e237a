// The nodes of an agent: each a kubelet with its server, a runtime and a pod network. A node can
// be stopped and started while the others run.

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunningInformers } from '../client/informers.ts'
import { dnsServiceAddress, nodeCertificate } from '../cluster/certificates.ts'
import { fabricAddress, type NodeConfig } from '../cluster/config.ts'
import { runFolder } from '../cluster/folders.ts'
import type { PartContext } from '../cluster/run-part.ts'
import { kubeletPort } from '../host/fabric-script.ts'
import { startKubelet } from '../kubelet/kubelet.ts'
import { startKubeletServer } from '../kubelet/server/kubelet-server.ts'
import { systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import { startPodNetwork } from '../network/pod-network.ts'
import type { ClusterDrivers } from './agent-drivers.ts'
import { markNode } from './mark-node.ts'

export interface NodesOptions extends ClusterDrivers {
  readonly informers: RunningInformers
  /** Resolves when Services no longer send new connections to a Pod's address. */
  readonly left: (podIp: string) => Promise<void>
}

export interface RunningNodes {
  /** Resolves when every node that runs is Ready in the API. */
  readonly ready: Promise<void>
  /** Resolves when the signal has aborted and all of them have ended. */
  readonly ended: Promise<void>
  stop(name: string): Promise<void>
  start(name: string): Promise<void>
}

interface RunningNode {
  readonly stop: AbortController
  readonly ended: Promise<unknown>
}

export async function startNodes(
  context: PartContext,
  options: NodesOptions,
): Promise<RunningNodes> {
  const { config, signal } = context
  const { informers, runtime } = options
  const running = new Map<string, RunningNode>()
  const start = async (name: string) => {
    const index = config.nodes.findIndex((node) => node.name === name)
    const node = config.nodes[index]
    if (!node || running.has(name)) return
    running.set(name, await startNode(context, { ...options, node, index }))
  }
  await Promise.all(config.nodes.map(({ name }) => start(name)))
  const areReady = () => config.nodes.every(({ name }) => isReady(informers, name))
  return {
    ready: informers.shown('Node', areReady),
    ended: new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => {
        const all = [...running.values()].map(({ ended }) => ended)
        void Promise.allSettled(all).then(() => resolve())
      })
    }),
    start,
    async stop(name) {
      const node = running.get(name)
      running.delete(name)
      node?.stop.abort(new Error('the node is stopped'))
      await node?.ended
      const service = runtime.node({
        name,
        network: await networkOf(context, options, name),
        networkNamespace: `/run/netns/${name}`,
      })
      const sandboxes = await service.listPodSandbox()
      await Promise.all(sandboxes.map(({ id }) => service.stopPodSandbox(id)))
    },
  }
}

function networkOf({ config }: PartContext, { namespaceOf }: NodesOptions, name: string) {
  const node = config.nodes.find((entry) => entry.name === name)
  if (!node) throw new Error(`there is no node ${name}`)
  return startPodNetwork({
    node,
    namespace: namespaceOf(name),
    folder: join(runFolder, 'leases', name),
  })
}

async function startNode(
  context: PartContext,
  options: NodesOptions & { readonly node: NodeConfig; readonly index: number },
): Promise<RunningNode> {
  const { config, folder, log } = context
  const { node, index, informers, runtime } = options
  const stop = new AbortController()
  const signal = AbortSignal.any([context.signal, stop.signal])
  const ownFolder = join(folder.nodes, node.name)
  mkdirSync(ownFolder, { recursive: true })
  const network = await networkOf(context, options, node.name)
  const client = options.clientAs(nodeCertificate(node.name), 'kubelet')
  const kubelet = await startKubelet({
    node,
    client,
    informers,
    runtime: runtime.node({
      name: node.name,
      network,
      networkNamespace: `/run/netns/${node.name}`,
    }),
    images: runtime.images,
    folder: ownFolder,
    clusterDns: [dnsServiceAddress(config)],
    clusterDomain: config.domain,
    ...(config.dnsSearch && { resolvConf: resolvConfWith(config.dnsSearch) }),
    left: options.left,
    clock: systemClock,
    random: systemRandom,
    log,
    signal,
  })
  await markNode(options.clientAs('admin'), node, kubelet.registered)
  const pem = (file: string) => readFileSync(join(folder.pki, file), 'utf8')
  const server = await startKubeletServer({
    kubelet,
    listen: { host: fabricAddress, port: kubeletPort + index + 1 },
    cert: pem(`${nodeCertificate(node.name)}.crt`),
    key: pem(`${nodeCertificate(node.name)}.key`),
    clientCa: pem('ca.crt'),
    review: (path, body) => client.dynamic.json('POST', path, body),
    log,
    signal,
  })
  return { stop, ended: Promise.all([kubelet.ended, server.ended]) }
}

/** The fabric's resolver settings, with the search domains of the kind file. */
function resolvConfWith(search: readonly string[]): string {
  const lines = readFileSync('/etc/resolv.conf', 'utf8').split('\n')
  const kept = lines.filter((line) => !/^\s*(search|domain)\s/.test(line))
  return [...(search.length > 0 ? [`search ${search.join(' ')}`] : []), ...kept].join('\n')
}

function isReady({ listers }: RunningInformers, name: string): boolean {
  const conditions = listers.Node.get({ name })?.status?.conditions ?? []
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}
