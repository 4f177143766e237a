import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryFixture } from './registry-fixture.ts'

const pathOf = (version: string) =>
  `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }

test('an autoscaler of version 1 is kept as version 2', async () => {
  await using api = await registryFixture()
  const created = await api.ask(`POST ${pathOf('v1')}`, {
    body: {
      apiVersion: 'autoscaling/v1',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web' },
      spec: { scaleTargetRef, maxReplicas: 5, targetCPUUtilizationPercentage: 60 },
    },
  })
  assert.equal(created.status, 201, created.text)
  assert.equal(created.json.apiVersion, 'autoscaling/v1')
  assert.equal(created.json.spec.targetCPUUtilizationPercentage, 60)
  const { json } = await api.ask(`GET ${pathOf('v2')}/web`)
  assert.equal(json.apiVersion, 'autoscaling/v2')
  assert.deepEqual(json.spec.metrics, [
    {
      type: 'Resource',
      resource: { name: 'cpu', target: { averageUtilization: 60, type: 'Utilization' } },
    },
  ])
})

test('what version 1 has no field for travels in annotations, and back', async () => {
  await using api = await registryFixture()
  const memory = {
    type: 'Resource',
    resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
  }
  const { json: created } = await api.ask(`POST ${pathOf('v2')}`, {
    body: {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web' },
      spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 5, metrics: [memory] },
    },
  })
  const { json: older } = await api.ask(`GET ${pathOf('v1')}/web`)
  assert.equal(older.spec.metrics, undefined)
  assert.deepEqual(
    JSON.parse(older.metadata.annotations['autoscaling.alpha.kubernetes.io/metrics']),
    [memory],
  )
  const put = await api.ask(`PUT ${pathOf('v1')}/web`, {
    body: { ...older, spec: { ...older.spec, maxReplicas: 6 } },
  })
  assert.equal(put.status, 200, put.text)
  const { json: newer } = await api.ask(`GET ${pathOf('v2')}/web`)
  assert.deepEqual(newer.spec, { ...created.spec, maxReplicas: 6 })
  assert.equal(newer.metadata.annotations, undefined)
})

test('one watch sees writes of every version, each in its own', async () => {
  await using api = await registryFixture()
  const events = await api.watch('/apis/events.k8s.io/v1/events?watch=1&resourceVersion=2')
  await api.ask('POST /api/v1/namespaces/default/events', {
    body: {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'web.1', namespace: 'default' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'web' },
      reason: 'Started',
      message: 'Started container main',
      type: 'Normal',
    },
  })
  const { type, object } = await events.next()
  assert.equal(type, 'ADDED')
  assert.equal(object.apiVersion, 'events.k8s.io/v1')
  assert.equal(object.note, 'Started container main')
  events.stop()
})
