import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  ApiException,
  CoordinationV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  RbacAuthorizationV1Api,
  type V1ConfigMap,
  type V1Lease,
  V1MicroTime,
  Watch,
} from '@kubernetes/client-node'
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts'

// The client library of the Kubernetes project for Node.js.

let plane: ControlPlane
const config = new KubeConfig()

before(async () => {
  plane = await startControlPlane(['n1'])
  config.loadFromString(plane.kubeconfig)
})
after(() => plane[Symbol.asyncDispose]())

const namespace = 'default'
const map = (name: string, data: Record<string, string> = {}): V1ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels: { test: name } },
  data,
})

/** The HTTP status that a call failed with. */
async function statusOf(call: Promise<unknown>): Promise<number | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    if (error instanceof ApiException) return error.code
    throw error
  }
}

test('objects are made, read, replaced and deleted', async () => {
  const core = config.makeApiClient(CoreV1Api)
  const made = await core.createNamespacedConfigMap({ namespace, body: map('crud', { a: '1' }) })
  assert.ok(made.metadata?.uid)
  assert.equal(
    await statusOf(core.createNamespacedConfigMap({ namespace, body: map('crud') })),
    409,
  )
  const read = await core.readNamespacedConfigMap({ namespace, name: 'crud' })
  assert.deepEqual(read.data, { a: '1' })
  assert.ok(read.metadata?.creationTimestamp instanceof Date)
  const next = { ...read, data: { a: '2' } }
  const replaced = await core.replaceNamespacedConfigMap({ namespace, name: 'crud', body: next })
  assert.deepEqual(replaced.data, { a: '2' })
  const stale = core.replaceNamespacedConfigMap({ namespace, name: 'crud', body: next })
  assert.equal(await statusOf(stale), 409)
  const { items } = await core.listNamespacedConfigMap({ namespace, labelSelector: 'test=crud' })
  assert.deepEqual(
    items.map(({ metadata }) => metadata?.name),
    ['crud'],
  )
  const gone = await core.deleteNamespacedConfigMap({ namespace, name: 'crud' })
  assert.equal(gone.status, 'Success')
  assert.equal(await statusOf(core.readNamespacedConfigMap({ namespace, name: 'crud' })), 404)
})

test('every kind of patch, apply among them', async () => {
  const objects = KubernetesObjectApi.makeApiClient(config)
  const { apiVersion, kind, metadata } = map('patched')
  const patch = async (body: object, strategy: PatchStrategy, force?: boolean) => {
    const spec = { apiVersion, kind, metadata: { name: 'patched', namespace }, ...body }
    const manager = strategy === PatchStrategy.ServerSideApply ? 'witness' : undefined
    const answer: V1ConfigMap = await objects.patch<V1ConfigMap>(
      spec as V1ConfigMap,
      undefined,
      undefined,
      manager,
      force,
      strategy,
    )
    return answer.data
  }
  await objects.create({ apiVersion, kind, metadata, data: { a: '1', b: '1' } } as V1ConfigMap)
  assert.deepEqual(await patch({ data: { a: '2' } }, PatchStrategy.MergePatch), { a: '2', b: '1' })
  assert.deepEqual(await patch({ data: { b: null } }, PatchStrategy.StrategicMergePatch), {
    a: '2',
  })
  const apply = PatchStrategy.ServerSideApply
  assert.equal(await statusOf(patch({ data: { a: '3' } }, apply)), 409)
  assert.deepEqual(await patch({ data: { a: '3' } }, apply, true), { a: '3' })
  assert.deepEqual(await patch({ data: { c: '1' } }, apply), { c: '1' })
  const core = config.makeApiClient(CoreV1Api)
  const { metadata: found } = await core.readNamespacedConfigMap({ namespace, name: 'patched' })
  const owner = found?.managedFields?.find(({ manager }) => manager === 'witness')
  assert.equal(owner?.operation, 'Apply')
})

test('a watch is taken up again where it ended', async () => {
  const core = config.makeApiClient(CoreV1Api)
  const { metadata } = await core.listNamespacedConfigMap({ namespace })
  const path = `/api/v1/namespaces/${namespace}/configmaps`
  const seen: string[] = []
  let version = metadata?.resourceVersion ?? ''
  const follow = async (untilName: string) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const query = { resourceVersion: version, labelSelector: 'test', allowWatchBookmarks: true }
    const request = await new Watch(config).watch(
      path,
      query,
      (phase, object: V1ConfigMap) => {
        version = object.metadata?.resourceVersion ?? ''
        if (phase === 'BOOKMARK') return
        seen.push(`${phase} ${object.metadata?.name}`)
        if (object.metadata?.name === untilName) resolve()
      },
      () => {},
    )
    await promise
    request.abort()
  }
  await core.createNamespacedConfigMap({ namespace, body: map('first') })
  await follow('first')
  await core.createNamespacedConfigMap({ namespace, body: map('second') })
  await core.deleteNamespacedConfigMap({ namespace, name: 'first' })
  await core.createNamespacedConfigMap({ namespace, body: map('third') })
  await follow('third')
  assert.deepEqual(seen, ['ADDED first', 'ADDED second', 'DELETED first', 'ADDED third'])
})

test('a list comes in pages of one time', async () => {
  const roles = config.makeApiClient(RbacAuthorizationV1Api)
  const whole = await roles.listClusterRole()
  const names: (string | undefined)[] = []
  let _continue: string | undefined
  do {
    const page = await roles.listClusterRole({ limit: 20, ...(_continue && { _continue }) })
    names.push(...page.items.map(({ metadata }) => metadata?.name))
    _continue = page.metadata?._continue
  } while (_continue)
  assert.deepEqual(
    names,
    whole.items.map(({ metadata }) => metadata?.name),
  )
})

test('an informer holds what the server holds', async () => {
  const core = config.makeApiClient(CoreV1Api)
  const list = () => core.listNamespacedSecret({ namespace })
  const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/secrets`, list)
  const { promise: isGone, resolve: gone } = Promise.withResolvers<void>()
  const { promise: isThere, resolve: there } = Promise.withResolvers<void>()
  informer.on('add', () => there())
  informer.on('delete', () => gone())
  await informer.start()
  const body = { metadata: { name: 'watched' }, stringData: { key: 'value' } }
  await core.createNamespacedSecret({ namespace, body })
  await isThere
  assert.deepEqual(informer.get('watched', namespace)?.data, { key: 'dmFsdWU=' })
  await core.deleteNamespacedSecret({ namespace, name: 'watched' })
  await isGone
  assert.equal(informer.list(namespace).length, 0)
  await informer.stop()
})

test('of two candidates one leads, and the other when it has gone', async () => {
  const leases = config.makeApiClient(CoordinationV1Api)
  const name = 'leader'
  const lease = (holder: string): V1Lease => ({
    metadata: { name, namespace },
    spec: { holderIdentity: holder, leaseDurationSeconds: 15, renewTime: new V1MicroTime() },
  })
  const claim = async (holder: string) => {
    const current = await leases.readNamespacedLease({ namespace, name })
    if (current.spec?.holderIdentity) return current.spec.holderIdentity
    const body = { ...current, ...lease(holder), metadata: current.metadata ?? {} }
    return (await leases.replaceNamespacedLease({ namespace, name, body })).spec?.holderIdentity
  }
  await leases.createNamespacedLease({ namespace, body: lease('a') })
  assert.equal(await statusOf(leases.createNamespacedLease({ namespace, body: lease('b') })), 409)
  assert.equal(await claim('b'), 'a')
  const held = await leases.readNamespacedLease({ namespace, name })
  const released = { ...held, spec: { ...held.spec, holderIdentity: '' } }
  await leases.replaceNamespacedLease({ namespace, name, body: released })
  const late = { ...held, spec: { ...held.spec, holderIdentity: 'a' } }
  assert.equal(await statusOf(leases.replaceNamespacedLease({ namespace, name, body: late })), 409)
  assert.equal(await claim('b'), 'b')
})
