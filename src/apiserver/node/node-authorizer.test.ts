import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PersistentVolume, Pod } from '../../api/types.gen.ts'
import type { Attributes } from '../rbac/rules.ts'
import { createNodeAuthorizer } from './node-authorizer.ts'
import { createNodeGraph, edgesOfPod, edgesOfVolume } from './node-graph.ts'

const node = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] }
const asked = (verb: string, resource: string, of: Partial<Attributes> = {}): Attributes => {
  const [name = '', subresource = ''] = resource.split('/')
  return {
    ...{ verb, isResourceRequest: true, group: '', resource: name, subresource },
    ...{ namespace: 'a', name: '', path: '' },
    ...of,
  }
}

const pod: Pod = {
  ...{ apiVersion: 'v1', kind: 'Pod' },
  metadata: { namespace: 'a', name: 'web' },
  spec: {
    nodeName: 'n1',
    serviceAccountName: 'robot',
    imagePullSecrets: [{ name: 'pull' }],
    containers: [
      {
        name: 'main',
        env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'env', key: 'x' } } }],
        envFrom: [{ configMapRef: { name: 'settings' } }],
      },
    ],
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
      { name: 'scratch', ephemeral: {} },
      { name: 'all', projected: { sources: [{ configMap: { name: 'ca' } }] } },
    ],
    resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu-1' }],
  },
}
const volume: PersistentVolume = {
  ...{ apiVersion: 'v1', kind: 'PersistentVolume' },
  metadata: { name: 'pv' },
  spec: {
    claimRef: { namespace: 'a', name: 'data' },
    csi: {
      driver: 'd',
      volumeHandle: 'h',
      nodeStageSecretRef: { namespace: 'storage', name: 'stage' },
      controllerPublishSecretRef: { namespace: 'storage', name: 'publish' },
    },
  },
}

function authorizerOf(...pods: readonly Pod[]) {
  const graph = createNodeGraph()
  for (const one of pods) graph.change({ current: edgesOfPod(one) })
  graph.change({ current: edgesOfVolume(volume) })
  const { authorize } = createNodeAuthorizer(graph)
  return {
    graph,
    reason: (verb: string, resource: string, of?: Partial<Attributes>) => {
      const decision = authorize(node, asked(verb, resource, of))
      return decision.allowed ? 'allowed' : decision.reason
    },
  }
}

const unrelated = "no relationship found between node 'n1' and this object"

test('a node reads what its Pods refer to, one by one, and nothing else', () => {
  const { reason } = authorizerOf(pod)
  const names = {
    secrets: ['pull', 'env'],
    configmaps: ['settings', 'ca'],
    persistentvolumeclaims: ['data', 'web-scratch'],
    pods: ['web'],
  }
  for (const [resource, all] of Object.entries(names)) {
    for (const name of all) assert.equal(reason('get', resource, { name }), 'allowed', name)
    assert.equal(reason('get', resource, { name: 'other' }), unrelated)
    assert.equal(reason('get', resource, { name: all[0] ?? '', namespace: 'b' }), unrelated)
  }
  const claims = { group: 'resource.k8s.io', name: 'gpu-1' }
  assert.equal(reason('get', 'resourceclaims', claims), 'allowed')
  assert.equal(reason('watch', 'secrets', { name: 'pull' }), 'allowed')
  assert.equal(reason('list', 'secrets'), 'No Object name found')
  assert.equal(
    reason('list', 'secrets', { namespace: '' }),
    'can only read namespaced object of this type',
  )
  assert.equal(
    reason('delete', 'secrets', { name: 'pull' }),
    'can only read resources of this type',
  )
})

test('a volume and its Secrets are seen through the claim, those of the controller are not', () => {
  const { reason } = authorizerOf(pod)
  assert.equal(reason('get', 'persistentvolumes', { namespace: '', name: 'pv' }), 'allowed')
  assert.equal(reason('get', 'secrets', { namespace: 'storage', name: 'stage' }), 'allowed')
  assert.equal(reason('get', 'secrets', { namespace: 'storage', name: 'publish' }), unrelated)
  assert.equal(
    authorizerOf().reason('get', 'persistentvolumes', { namespace: '', name: 'pv' }),
    unrelated,
  )
})

test('what two Pods share is seen until the last of them is gone', () => {
  const second: Pod = { ...pod, metadata: { namespace: 'a', name: 'web-2' } }
  const { reason, graph } = authorizerOf(pod, second)
  graph.change({ previous: edgesOfPod(pod) })
  assert.equal(reason('get', 'secrets', { name: 'pull' }), 'allowed')
  assert.equal(reason('get', 'pods', { name: 'web' }), unrelated)
  graph.change({ previous: edgesOfPod(second) })
  assert.equal(reason('get', 'secrets', { name: 'pull' }), unrelated)
})

test('a Pod of another node and a mirror Pod give nothing', () => {
  const other: Pod = { ...pod, spec: { ...pod.spec, nodeName: 'n2' } }
  assert.equal(authorizerOf(other).reason('get', 'secrets', { name: 'pull' }), unrelated)
  const annotations = { 'kubernetes.io/config.mirror': 'hash' }
  const mirror: Pod = { ...pod, metadata: { ...pod.metadata, annotations } }
  const { reason } = authorizerOf(mirror)
  assert.equal(reason('get', 'secrets', { name: 'pull' }), unrelated)
  assert.equal(reason('get', 'pods', { name: 'web' }), 'allowed')
})

test('a node makes tokens for the accounts of its Pods', () => {
  const { reason } = authorizerOf(pod)
  assert.equal(reason('create', 'serviceaccounts/token', { name: 'robot' }), 'allowed')
  assert.equal(reason('create', 'serviceaccounts/token', { name: 'other' }), unrelated)
  assert.equal(
    reason('create', 'serviceaccounts', { name: 'robot' }),
    'can only create token subresource of serviceaccount',
  )
  assert.equal(
    reason('get', 'serviceaccounts', { name: 'robot' }),
    'can only create tokens for individual service accounts',
  )
})

test('a node has its own Node, Lease, CSINode and slices', () => {
  const { reason } = authorizerOf()
  const own = { namespace: '', name: 'n1' }
  assert.equal(reason('get', 'nodes', own), 'allowed')
  assert.equal(reason('patch', 'nodes/status', own), 'allowed')
  assert.equal(
    reason('list', 'nodes', { namespace: '' }),
    "node 'n1' cannot read all nodes, only its own Node object",
  )
  assert.equal(
    reason('get', 'nodes', { namespace: '', name: 'n2' }),
    "node 'n1' cannot read 'n2', only its own Node object",
  )
  const lease = { group: 'coordination.k8s.io', namespace: 'kube-node-lease' }
  assert.equal(reason('update', 'leases', { ...lease, name: 'n1' }), 'allowed')
  assert.equal(
    reason('update', 'leases', { ...lease, name: 'n2' }),
    'can only access node lease with the same name as the requesting node',
  )
  assert.equal(
    reason('get', 'leases', { ...lease, namespace: 'a', name: 'n1' }),
    'can only access leases in the "kube-node-lease" system namespace',
  )
  const csi = { group: 'storage.k8s.io', namespace: '' }
  assert.equal(
    reason('get', 'csinodes', { ...csi, name: 'n2' }),
    'can only access CSINode with the same name as the requesting node',
  )
  const slices = { group: 'resource.k8s.io', namespace: '' }
  assert.equal(
    reason('list', 'resourceslices', slices),
    'can only list/watch/deletecollection resourceslices with nodeName field selector',
  )
})

test('a node lists the Pods bound to it', () => {
  const { reason } = authorizerOf(pod)
  const selecting = (value: string) =>
    ({ fieldSelector: [{ field: 'spec.nodeName', operator: '=', value }] }) as const
  assert.equal(reason('list', 'pods', { namespace: '', ...selecting('n1') }), 'allowed')
  const refused = 'can only list/watch pods with spec.nodeName field selector'
  assert.equal(reason('list', 'pods', { namespace: '', ...selecting('n2') }), refused)
  assert.equal(reason('watch', 'pods', { namespace: '' }), refused)
  assert.equal(reason('update', 'pods', { name: 'web' }), '')
  assert.equal(reason('patch', 'pods/status', { name: 'web' }), 'allowed')
})

test('a user who is no node gets no opinion', () => {
  const { authorize } = createNodeAuthorizer(createNodeGraph())
  const own = asked('get', 'nodes', { namespace: '', name: 'n1' })
  assert.equal(authorize({ name: 'system:node:n1', groups: [] }, own).allowed, false)
  assert.deepEqual(authorize({ name: 'system:node:', groups: ['system:nodes'] }, own), {
    allowed: false,
    reason: 'unknown node for user "system:node:"',
  })
})
