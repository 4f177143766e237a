// Two control planes over an etcd of three members: whichever process is killed, what was
// acknowledged stays, work goes on, and watches resume where they were.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { isReason } from '../../src/api/status-error.ts'
import type { ConfigMap, Deployment } from '../../src/api/types.gen.ts'
import { etcdMissing, startEtcd } from '../../src/store/drivers/etcd/etcd-process.ts'
import { etcdCertificates } from './etcd-certificates.ts'
import { type Plane, startPlanes } from './planes.ts'

const skip = etcdMissing
const namespace = 'default'

test('the leader dies, a member of etcd dies: controllers move over and nothing is lost', {
  skip,
}, async () => {
  await using etcd = await startEtcd({ size: 3 })
  await using running = await startPlanes({ endpoints: etcd.endpoints, hosts: ['a', 'b'] })
  const { planes } = running
  const [first, second] = planes
  assert.ok(first && second)
  await makeNode(first)
  assert.equal(await leaderOf(second, 'kube-controller-manager'), 'a')

  await using watching = watchConfigMaps(planes)
  await using writing = writeConfigMaps(planes)
  await deploy(first, 'before')
  await podsOf(second, 'before')

  await first.kill()
  await deploy(second, 'without-a-leader')
  await podsOf(second, 'without-a-leader')
  assert.equal(await leaderOf(second, 'kube-controller-manager'), 'b')
  assert.equal(await leaderOf(second, 'kube-scheduler'), 'b')

  await etcd.members[0]?.kill()
  await deploy(second, 'without-a-member')
  await podsOf(second, 'without-a-member')
  await etcd.members[0]?.start()

  await first.start()
  await endpointsAre(second, [first.advertised, second.advertised])
  await second.stop()
  // It gave back what it held: nobody waits until it has run out.
  await endpointsAre(first, [first.advertised])
  assert.notEqual(await leaderOf(first, 'kube-scheduler'), 'b')
  await deploy(first, 'back-again')
  await podsOf(first, 'back-again')
  await second.start()

  const acknowledged = await writing.end()
  const stored = await first.client.list('ConfigMap', { namespace })
  const names = new Set(stored.items.map(({ metadata }) => metadata.name))
  assert.ok(acknowledged.length > 20, `${acknowledged.length} writes were acknowledged`)
  assert.deepEqual(
    acknowledged.filter((name) => !names.has(name)),
    [],
  )
  const seen = await watching.upTo(stored.metadata.resourceVersion)
  assert.deepEqual(seen, createdIn(stored.items))
  assert.deepEqual(await leaders(first), ['a', 'b', 'a'])
})

test('a leader that slept stops when it wakes, and leads again when it is its turn', {
  skip,
}, async () => {
  using certificates = etcdCertificates()
  await using etcd = await startEtcd({ tls: certificates.server })
  const { endpoints } = etcd
  const tls = certificates.client
  await using running = await startPlanes({ endpoints, tls, hosts: ['a', 'b'] })
  const [first, second] = running.planes
  assert.ok(first && second)
  await makeNode(first)
  await deploy(first, 'awake')
  await podsOf(first, 'awake')
  first.suspend()
  await deploy(second, 'asleep')
  await podsOf(second, 'asleep')
  first.resume()
  await deploy(second, 'other')
  await podsOf(second, 'other')
  assert.equal(await leaderOf(second, 'kube-controller-manager'), 'b')
  await second.kill()
  await deploy(first, 'again')
  await podsOf(first, 'again')
  const { items } = await first.client.list('ReplicaSet', { namespace })
  assert.equal(items.length, 4)
  assert.equal(await leaderOf(first, 'kube-scheduler'), 'a')
  assert.deepEqual(await leaders(first), ['a', 'b', 'a'])
})

/**
 * Who led the controllers, one after the other. Who loses its lead, while etcd is busy, and wins it
 * again stays the leader. An Event of more than one time tells of the first and the last.
 */
async function leaders({ client }: Plane): Promise<string[]> {
  const { items } = await client.list('Event', { namespace: 'kube-system' })
  const names = items
    .filter(
      ({ reason, source }) =>
        reason === 'LeaderElection' && source?.component === 'kube-controller-manager',
    )
    .filter(({ message }) => message?.endsWith(' became leader'))
    .flatMap(({ message = '', firstTimestamp: first = '', lastTimestamp: last = first }) =>
      [first, last].map((at) => ({ at, name: message.split(' ')[0] ?? '' })),
    )
    .toSorted((x, y) => x.at.localeCompare(y.at))
    .map(({ name }) => name)
  return names.filter((name, index) => name !== names[index - 1])
}

async function makeNode({ client }: Plane): Promise<void> {
  await client.create('Node', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: {} })
  const time = `${new Date().toISOString().slice(0, 19)}Z`
  const capacity = { cpu: '4', memory: '8Gi', pods: '110' }
  const ready = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'ready' }
  const conditions = [{ ...ready, lastHeartbeatTime: time, lastTransitionTime: time }]
  const patch = { status: { capacity, allocatable: capacity, conditions } }
  await client.patch('Node', { name: 'n' }, patch, { type: 'strategic', subresource: 'status' })
}

async function leaderOf({ client }: Plane, name: string): Promise<string | undefined> {
  const { spec } = await persistently(() => client.get('Lease', { namespace: 'kube-system', name }))
  return spec?.holderIdentity
}

async function deploy({ client }: Plane, name: string): Promise<void> {
  const labels = { app: name }
  const deployment: Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { name, labels },
        spec: {
          containers: [{ name: 'c', image: 'pause' }],
          tolerations: [{ operator: 'Exists' }],
        },
      },
    },
  }
  await persistently(() => client.create('Deployment', deployment), ['AlreadyExists'])
}

/** Waits until both Pods of a Deployment are bound. */
async function podsOf({ client }: Plane, app: string): Promise<void> {
  await until(async () => {
    const { items } = await client.list('Pod', { namespace, labelSelector: `app=${app}` })
    return items.filter(({ spec }) => spec.nodeName === 'n').length === 2
  })
}

async function endpointsAre({ client }: Plane, addresses: readonly string[]): Promise<void> {
  await until(async () => {
    const { subsets } = await client.get('Endpoints', { namespace, name: 'kubernetes' })
    const has = subsets?.[0]?.addresses?.map(({ ip }) => ip)
    return JSON.stringify(has) === JSON.stringify(addresses)
  })
}

const longestWaitMs = 60_000

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const startedMs = Date.now()
  while (!(await isTrue().catch(() => false))) {
    assert.ok(Date.now() - startedMs < longestWaitMs, 'not in time')
    await delay(50)
  }
}

/** Asks again while nobody answers, or nobody knows whether a write was done. */
async function persistently<T>(
  ask: () => Promise<T>,
  asGood: Parameters<typeof isReason>[1][] = [],
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      if (tries > 0 && isReason(error, ...asGood)) return undefined as T
      if (tries > 200) throw error
      await delay(50)
    }
  }
}

/** Creates one ConfigMap after the other, at whichever server answers. */
function writeConfigMaps(planes: readonly Plane[]) {
  const acknowledged: string[] = []
  let isEnding = false
  const running = (async () => {
    for (let count = 0; !isEnding; count++) {
      const metadata = { namespace, name: `c-${count}` }
      const object: ConfigMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata }
      try {
        await planes[count % planes.length]?.client.create('ConfigMap', object)
        acknowledged.push(metadata.name)
      } catch {
        // Nobody knows whether it is there, and nobody was told that it is.
      }
      await delay(20)
    }
  })()
  async function end(): Promise<readonly string[]> {
    isEnding = true
    await running
    return acknowledged
  }
  return { end, [Symbol.asyncDispose]: async () => void (await end()) }
}

/** The names of the writer's ConfigMaps, in the order in which they were created. */
function createdIn(items: readonly ConfigMap[]): string[] {
  return items
    .map(({ metadata }) => metadata)
    .filter(({ name }) => name.startsWith('c-'))
    .toSorted((x, y) => Number(x.resourceVersion) - Number(y.resourceVersion))
    .map(({ name }) => name)
}

/** Follows the ConfigMaps of the writer: a watch that breaks goes on at another server. */
function watchConfigMaps(planes: readonly Plane[]) {
  const seen: string[] = []
  const stop = new AbortController()
  let reached = 0
  const running = (async () => {
    for (let turn = 0; !stop.signal.aborted; turn++) {
      const client = planes[turn % planes.length]?.client
      try {
        if (!client) return
        if (reached === 0) {
          const { metadata, items } = await client.list('ConfigMap', { namespace })
          reached = Number(metadata.resourceVersion)
          seen.push(...createdIn(items))
        }
        const resourceVersion = String(reached)
        const events = client.watch('ConfigMap', {
          namespace,
          resourceVersion,
          signal: stop.signal,
        })
        for await (const event of events) {
          if (event.type === 'BOOKMARK') continue
          const { name, resourceVersion: at } = event.object.metadata
          assert.ok(Number(at) > reached, `${name} at ${at} came after ${reached}`)
          reached = Number(at)
          if (event.type === 'ADDED' && name.startsWith('c-')) seen.push(name)
        }
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error
        await delay(50)
      }
    }
  })()
  return {
    /** What was created, in the order in which it was seen. */
    async upTo(resourceVersion: string): Promise<readonly string[]> {
      const { client } = planes[0] ?? {}
      const last = await client?.create('ConfigMap', {
        ...{ apiVersion: 'v1', kind: 'ConfigMap' },
        metadata: { namespace, name: `last-${resourceVersion}` },
      })
      const target = Number(last?.metadata.resourceVersion)
      await Promise.race([running, until(async () => reached >= target)])
      stop.abort()
      await running
      return seen
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running.catch(() => {})
    },
  }
}
