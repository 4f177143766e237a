// What a Service is called before it has endpoints.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSlice } from '../api/types.gen.ts'
import { planRecords } from './service-records.ts'

test('a headless Service whose slice is empty has a name, and no address yet', () => {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'nginx', namespace: 'default' },
    spec: { clusterIP: 'None' },
  } as const
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'nginx-1', namespace: 'default' },
    addressType: 'IPv4',
    endpoints: null,
    ports: null,
  } as unknown as EndpointSlice
  const { names, reverse } = planRecords(service, [slice], 'cluster.local')
  const found = names.get('nginx.default.svc.cluster.local')
  assert.deepEqual([...(found?.records.values() ?? [])].flat(), [])
  assert.equal(reverse.size, 0)
})
