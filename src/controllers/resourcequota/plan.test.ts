import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResourceQuota } from '../../api/types.gen.ts'
import { kindsOf, planQuota } from './plan.ts'

const pods = { group: '', plural: 'pods' }

test('sums what Pods that still run ask for', () => {
  const used = usedOf({ hard: { pods: '5', 'requests.cpu': '2', 'limits.memory': '1Gi' } }, [
    pod({ cpu: '250m' }, 'Running'),
    pod({ cpu: '500m' }, 'Pending'),
    pod({ cpu: '1' }, 'Succeeded'),
  ])
  assert.deepEqual(used, { pods: '2', 'requests.cpu': '750m', 'limits.memory': '0' })
})

test('counts only what the scopes are about', () => {
  const running = [pod({}, 'Running'), pod({ cpu: '1' }, 'Running')]
  assert.deepEqual(usedOf({ hard: { pods: '5' }, scopes: ['BestEffort'] }, running), { pods: '1' })
})

test('a status that is right is not written again', () => {
  const spec = { hard: { pods: '5' } }
  const status = { hard: { pods: '5' }, used: { pods: '1' } }
  const counted = [{ kind: pods, objects: [pod({}, 'Running')] }]
  assert.deepEqual(planQuota({ quota: { ...quota(spec), status }, counted }), { actions: [] })
})

test('the names of limits say which kinds they are about', () => {
  const hard = {
    'requests.cpu': '1',
    pods: '1',
    'services.nodeports': '1',
    'gold.storageclass.storage.k8s.io/requests.storage': '1',
    'count/deployments.apps': '1',
    'count/configmaps': '1',
  }
  assert.deepEqual(
    kindsOf(quota({ hard })).map(({ group, plural }) => [plural, group]),
    [
      ['pods', ''],
      ['services', ''],
      ['persistentvolumeclaims', ''],
      ['deployments', 'apps'],
      ['configmaps', ''],
    ],
  )
})

function usedOf(spec: NonNullable<ResourceQuota['spec']>, objects: readonly object[]) {
  const [write] = planQuota({ quota: quota(spec), counted: [{ kind: pods, objects }] }).actions
  return write?.verb === 'update' && write.kind === 'ResourceQuota'
    ? write.object.status?.used
    : undefined
}

const quota = (spec: NonNullable<ResourceQuota['spec']>): ResourceQuota => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { namespace: 'shop', name: 'all' },
  spec,
})

const pod = (requests: Readonly<Record<string, string>>, phase: string): object => ({
  metadata: { name: 'web' },
  spec: { containers: [{ name: 'main', resources: { requests } }] },
  status: { phase },
})
