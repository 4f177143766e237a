// A world for tests of the kubelet's shells: a fake API server, a fake runtime, one node. The API
// server here merges conditions and deletes with grace, which the kubelet depends on.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kind } from '../api/kinds.ts'
import type { Event, KindMap, Pod, PodSpec } from '../api/types.gen.ts'
import { createClient } from '../client/create-client.ts'
import { fakeApi } from '../client/fake-api.ts'
import { createInformers } from '../client/informers.ts'
import type { ApiRequest, Transport } from '../client/transport.ts'
import type { RuntimeService } from '../cri/cri.ts'
import { type FakeRuntimeOptions, fakeImage, fakeRuntime } from '../cri/fake.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { systemRandom } from '../lib/random.ts'
import { type Kubelet, kubeletWants, startKubelet } from './kubelet.ts'

export async function startWorld(
  options: FakeRuntimeOptions = {},
  override: Partial<RuntimeService> = {},
) {
  const api = fakeApi()
  const client = createClient(kubernetesLike(api))
  const folder = await mkdtemp(join(tmpdir(), 'kubelet-'))
  const images = { present: { nginx: fakeImage('nginx'), busybox: fakeImage('busybox') } }
  const fake = fakeRuntime({ ...images, ...options })
  let stop = new AbortController()
  let kubelet: Kubelet

  async function start(): Promise<void> {
    stop = new AbortController()
    const { signal } = stop
    const informers = createInformers(client, kubeletWants, { signal })
    kubelet = await startKubelet({
      node: {
        name: 'worker',
        role: 'worker',
        address: '172.18.0.3',
        podCidr: '10.244.1.0/24',
        labels: {},
        taints: [],
        mounts: [],
      },
      client,
      informers,
      runtime: { ...fake.runtime, ...override },
      images: fake.images,
      folder,
      clusterDns: ['10.96.0.10'],
      clusterDomain: 'cluster.local',
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      signal,
    })
    await kubelet.registered
  }
  async function halt(): Promise<void> {
    stop.abort()
    await kubelet.ended
  }
  await start()

  return {
    api,
    client,
    fake,
    folder,
    get kubelet() {
      return kubelet
    },
    restart: async () => {
      await halt()
      await start()
    },
    async stop() {
      await halt()
      await rm(folder, { recursive: true, force: true })
    },
    run: (name: string, spec: Partial<PodSpec>, metadata: object = {}) =>
      client.create('Pod', podOf(name, spec, metadata)),
    pod: (name: string) => client.get('Pod', { namespace: 'default', name }),
    async events(name: string): Promise<readonly string[]> {
      const { items } = await client.list('Event', { namespace: 'default' })
      return items
        .filter((event: Event) => event.involvedObject.name === name)
        .map(({ type, reason, message }) => `${type} ${reason} ${message}`)
    },
    /** Waits until the Pod is as asked; the test's own time limit is the only one. */
    async until(name: string, isSo: (pod: Pod) => boolean | undefined): Promise<Pod> {
      for (;;) {
        const pod = await client.get('Pod', { namespace: 'default', name })
        if (isSo(pod)) return pod
        await systemClock.sleep(5)
      }
    },
    async gone<K extends Kind>(kind: K, name: string): Promise<void> {
      const listed = () => client.list(kind, { namespace: 'default' })
      const has = async () =>
        (await listed()).items.some((it: KindMap[K]) => it.metadata.name === name)
      while (await has()) await systemClock.sleep(5)
    },
    async delete(name: string, graceSeconds = 30): Promise<void> {
      const patch = {
        metadata: {
          finalizers: ['test/grace'],
          deletionTimestamp: new Date().toISOString(),
          deletionGracePeriodSeconds: graceSeconds,
        },
      }
      await client.patch('Pod', { namespace: 'default', name }, patch, { type: 'merge' })
    },
  }
}

export function podOf(name: string, spec: Partial<PodSpec>, metadata: object = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ...metadata },
    spec: { nodeName: 'worker', containers: [], ...spec },
    status: { phase: 'Pending' },
  }
}

/** The fake merges as JSON merge patch does; statuses need conditions merged by type. */
function kubernetesLike(api: Transport): Transport {
  const get = async (path: string) => {
    const { body } = await api.send({ method: 'GET', path })
    const chunks: Uint8Array[] = []
    for await (const chunk of body) chunks.push(chunk)
    return JSON.parse(Buffer.concat(chunks).toString())
  }
  return {
    close: api.close,
    async send(request: ApiRequest) {
      const path = request.path.replace(/\?.*$/, '')
      const body = request.body ? JSON.parse(String(request.body)) : {}
      if (request.method === 'DELETE' && body.gracePeriodSeconds === 0) {
        const patch = JSON.stringify({ metadata: { finalizers: null } })
        return api.send({ ...request, method: 'PATCH', body: patch })
      }
      if (request.method !== 'PATCH' || !path.endsWith('/status')) return api.send(request)
      const current = await get(path.replace(/\/status$/, ''))
      const status = mergedStatus(current.status ?? {}, body.status ?? {})
      return api.send({ ...request, body: JSON.stringify({ status }) })
    },
  }
}

type Listed = { readonly type: string }[]

function mergedStatus(current: Record<string, unknown>, patch: Record<string, unknown>): object {
  const entries = Object.entries(patch).map(([field, value]) => {
    if (!Array.isArray(value)) return [field, value] as const
    const items = value.filter((item) => item?.$patch === undefined)
    if (field !== 'conditions') return [field, items] as const
    const kept = ((current[field] ?? []) as Listed).filter(
      ({ type }) => !items.some((item) => item.type === type),
    )
    return [field, [...kept, ...items]] as const
  })
  return Object.fromEntries(entries)
}
