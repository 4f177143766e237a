import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSlice, Endpoints, Pod, Service } from '../../api/types.gen.ts'
import { planEndpointSlices } from '../endpointslice/plan.ts'
import { planMirroring } from '../endpointslice-mirroring/plan.ts'
import { planEndpoints } from './plan.ts'

const service = (spec: Partial<Service['spec']> = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name: 'web', uid: 's', labels: { team: 'a' } },
  spec: {
    clusterIP: '10.96.0.7',
    selector: { app: 'web' },
    ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }],
    ...spec,
  },
})

test('ready Pods are addresses, others are not ready, ended ones are nothing', () => {
  const pods = [
    pod('b', { ip: '10.244.1.2' }),
    pod('a'),
    pod('c', { ready: false, ip: '10.244.1.3' }),
  ]
  const ended = { ...pod('d', { ip: '10.244.1.4' }), status: { phase: 'Succeeded' as const } }
  assert.deepEqual(endpointsOf(service(), [...pods, ended]).subsets, [
    {
      addresses: [address('a', '10.244.0.2'), address('b', '10.244.1.2')],
      notReadyAddresses: [address('c', '10.244.1.3')],
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    },
  ])
})

test('labels come from the Service, with who manages it and whether it is headless', () => {
  assert.deepEqual(endpointsOf(service({ clusterIP: 'None' }), []).metadata.labels, {
    team: 'a',
    'service.kubernetes.io/headless': '',
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
  })
})

test('publishNotReadyAddresses makes every Pod an address', () => {
  const shown = endpointsOf(service({ publishNotReadyAddresses: true }), [
    pod('a', { ready: false }),
  ])
  assert.equal(shown.subsets?.[0]?.addresses?.length, 1)
})

test('a Pod without the named port is no endpoint', () => {
  assert.deepEqual(
    endpointsOf(service({ ports: [{ port: 80, targetPort: 'none' }] }), [pod('a')]).subsets,
    [],
  )
})

test('nothing is written where nothing changed, and nothing without a selector', () => {
  const made = endpointsOf(service(), [pod('a')])
  assert.deepEqual(
    planEndpoints({ service: service(), pods: [pod('a')], current: made }).actions,
    [],
  )
  const { selector: _, ...spec } = service().spec
  const byHand = { ...service(), spec }
  assert.deepEqual(planEndpoints({ service: byHand, pods: [], current: undefined }).actions, [])
})

test('a slice tells of readiness, serving and ending, and of names in a headless Service', () => {
  const ending = pod('b', { ip: '10.244.1.2', isEnding: true })
  const named = { ...pod('a'), spec: { ...pod('a').spec, hostname: 'a', subdomain: 'web' } }
  const slice = sliceOf(service({ clusterIP: 'None' }), [named, ending])
  assert.deepEqual(slice.endpoints, [
    {
      addresses: ['10.244.0.2'],
      conditions: { ready: true, serving: true, terminating: false },
      hostname: 'a',
      nodeName: 'n1',
      targetRef: { kind: 'Pod', namespace: 'shop', name: 'a', uid: 'a' },
    },
    {
      addresses: ['10.244.1.2'],
      conditions: { ready: false, serving: true, terminating: true },
      nodeName: 'n1',
      targetRef: { kind: 'Pod', namespace: 'shop', name: 'b', uid: 'b' },
    },
  ])
  assert.deepEqual(slice.metadata.labels, {
    team: 'a',
    'service.kubernetes.io/headless': '',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    'kubernetes.io/service-name': 'web',
  })
  assert.deepEqual(slice.metadata.ownerReferences, [
    {
      apiVersion: 'v1',
      kind: 'Service',
      name: 'web',
      uid: 's',
      controller: true,
      blockOwnerDeletion: true,
    },
  ])
})

test('Endpoints made by hand are mirrored', () => {
  const endpoints: Endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { namespace: 'shop', name: 'web', uid: 'e' },
    subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 5432, protocol: 'TCP' }] }],
  }
  const [write] = planMirroring({ endpoints, slices: [] }).actions
  assert.ok(write?.verb === 'create')
  const { endpoints: mirrored, ports, addressType } = write.object as EndpointSlice
  assert.deepEqual(
    [addressType, mirrored, ports],
    [
      'IPv4',
      [{ addresses: ['192.0.2.1'], conditions: { ready: true } }],
      [{ name: '', port: 5432, protocol: 'TCP' }],
    ],
  )
})

function endpointsOf(of: Service, pods: readonly Pod[]): Endpoints {
  const [write] = planEndpoints({ service: of, pods, current: undefined }).actions
  assert.ok(write?.verb === 'create')
  return write.object as Endpoints
}

function sliceOf(of: Service, pods: readonly Pod[]): EndpointSlice {
  const plan = planEndpointSlices({ service: of, pods, node: () => undefined, slices: [] })
  const [write] = plan.actions
  assert.ok(write?.verb === 'create')
  return write.object as EndpointSlice
}

function address(name: string, ip: string) {
  return { ip, nodeName: 'n1', targetRef: { kind: 'Pod', namespace: 'shop', name, uid: name } }
}

interface PodFacts {
  readonly ip?: string
  readonly ready?: boolean
  readonly isEnding?: boolean
}

function pod(
  name: string,
  { ip = '10.244.0.2', ready = true, isEnding = false }: PodFacts = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'shop',
      name,
      uid: name,
      labels: { app: 'web' },
      ...(isEnding && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    },
    spec: {
      nodeName: 'n1',
      containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
    status: {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  }
}
