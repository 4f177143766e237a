import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSlice, Service } from '../api/types.gen.ts'
import { type AskedPort, planPublications } from './publish-plan.ts'

const nodes = [
  { name: 'one', address: '172.18.0.2' },
  { name: 'two', address: '172.18.0.3' },
]

const asked: AskedPort = {
  listenAddress: '0.0.0.0',
  hostPort: 8080,
  node: 'one',
  nodePort: 80,
  protocol: 'TCP',
}

function service(spec: Service['spec']): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec }
}

function ask(
  services: readonly Service[],
  ports: readonly AskedPort[] = [],
  slices: EndpointSlice[] = [],
) {
  const planned = planPublications({ asked: ports, services, slicesOf: () => slices, nodes })
  return [...planned].map(
    ([key, { targetPort, targetAddresses }]) =>
      `${key} > ${targetAddresses.join(',')}:${targetPort}`,
  )
}

const ports = [
  { port: 80, nodePort: 30080 },
  { port: 53, nodePort: 30053, protocol: 'UDP' as const },
  { port: 9, nodePort: 30009, protocol: 'SCTP' as const },
]

test('every node port leads from loopback to the nodes', () => {
  assert.deepEqual(ask([service({ type: 'NodePort', ports })]), [
    'TCP 127.0.0.1:30080 > 172.18.0.2,172.18.0.3:30080',
    'UDP 127.0.0.1:30053 > 172.18.0.2,172.18.0.3:30053',
  ])
  assert.deepEqual(ask([service({ type: 'ClusterIP', ports })]), [])
})

test('a client who keeps his Pod keeps his node', () => {
  const kept = { type: 'NodePort', ports: ports.slice(0, 1), sessionAffinity: 'ClientIP' } as const
  assert.deepEqual(ask([service(kept)]), ['TCP 127.0.0.1:30080 > 172.18.0.2:30080'])
})

test('a port that was asked for leads to its node, and comes before a node port', () => {
  const taking = { ...asked, hostPort: 30080 }
  const published = service({ type: 'LoadBalancer', ports: ports.slice(0, 1) })
  assert.deepEqual(ask([published], [asked, taking]), [
    'TCP 0.0.0.0:8080 > 172.18.0.2:80',
    'TCP 0.0.0.0:30080 > 172.18.0.2:80',
  ])
  assert.deepEqual(
    ask(
      [],
      [
        { ...asked, node: 'three' },
        { ...asked, protocol: 'SCTP' },
      ],
    ),
    [],
  )
})

test('with externalTrafficPolicy Local the nodes that have Pods are asked', () => {
  const local = {
    type: 'NodePort',
    ports: ports.slice(0, 1),
    externalTrafficPolicy: 'Local',
  } as const
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-1' },
    addressType: 'IPv4',
    endpoints: [
      { addresses: ['10.244.1.2'], nodeName: 'two' },
      { addresses: ['10.244.0.2'], nodeName: 'one', conditions: { ready: false } },
    ],
  }
  assert.deepEqual(ask([service(local)], [], [slice]), ['TCP 127.0.0.1:30080 > 172.18.0.3:30080'])
  assert.equal(ask([service(local)]).length, 1)
})
