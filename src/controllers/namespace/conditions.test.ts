import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Namespace } from '../../api/types.gen.ts'
import { namespaceConditions } from './conditions.ts'

const now = new Date('2026-01-01T01:00:00Z')
const namespace: Namespace = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop' },
  spec: {},
}
const nothingLeft = { discoveryErrors: [], deletionErrors: [], resources: {}, finalizers: {} }

test('says what is left, and whose finalizers hold it', () => {
  const remains = {
    ...nothingLeft,
    resources: { 'pods.': 2, 'deployments.apps': 1 },
    finalizers: { 'example.com/hold': 1 },
  }
  assert.deepEqual(said(namespace, remains), [
    'NamespaceDeletionDiscoveryFailure=False ResourcesDiscovered: All resources successfully discovered',
    'NamespaceDeletionGroupVersionParsingFailure=False ParsedGroupVersions: All legacy kube types successfully parsed',
    'NamespaceDeletionContentFailure=False ContentDeleted: All content successfully deleted, may be waiting on finalization',
    'NamespaceContentRemaining=True SomeResourcesRemain: Some resources are remaining: deployments.apps has 1 resource instances, pods. has 2 resource instances',
    'NamespaceFinalizersRemaining=True SomeFinalizersRemain: Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  ])
})

test('says which groups nobody could ask', () => {
  const stale = 'metrics.k8s.io/v1beta1: stale GroupVersion discovery: metrics.k8s.io/v1beta1'
  const [first] = said(namespace, { ...nothingLeft, discoveryErrors: [stale] })
  assert.equal(
    first,
    `NamespaceDeletionDiscoveryFailure=True DiscoveryFailed: Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: ${stale}`,
  )
})

test('says when all is gone, and keeps the time of what has not changed', () => {
  const earlier = new Date('2026-01-01T00:30:00Z')
  const conditions = namespaceConditions(
    namespace,
    { ...nothingLeft, resources: { 'pods.': 1 } },
    earlier,
  )
  const later = namespaceConditions({ ...namespace, status: { conditions } }, nothingLeft, now)
  assert.deepEqual(
    later.map(({ status, lastTransitionTime }) => `${status} ${lastTransitionTime}`),
    [
      'False 2026-01-01T00:30:00Z',
      'False 2026-01-01T00:30:00Z',
      'False 2026-01-01T00:30:00Z',
      'False 2026-01-01T01:00:00Z',
      'False 2026-01-01T00:30:00Z',
    ],
  )
})

function said(of: Namespace, remains: Parameters<typeof namespaceConditions>[1]): string[] {
  return namespaceConditions(of, remains, now).map(
    ({ type, status, reason, message }) => `${type}=${status} ${reason}: ${message}`,
  )
}
