import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoint, EndpointSlice, Service } from '../api/types.gen.ts'
import { parseCidr } from '../lib/ip.ts'
import { type Front, planService } from './fronts.ts'

function service(spec: Service['spec'], labels: Record<string, string> = {}): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', labels }, spec }
}

function slice(endpoints: readonly Endpoint[], more: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'web-1' },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints,
    ...more,
  }
}

type Traits = {
  ready?: boolean
  serving?: boolean
  terminating?: boolean
  node?: string
  zone?: string
}

function endpoint(address: string, traits: Traits = {}): Endpoint {
  const { node, zone, ...conditions } = traits
  return {
    addresses: [address],
    conditions: { ready: true, ...conditions },
    ...(node !== undefined && { nodeName: node }),
    ...(zone !== undefined && { hints: { forZones: [{ name: zone }] } }),
  }
}

const port = { name: 'http', port: 80, protocol: 'TCP' as const }
const spec = { clusterIP: '10.96.0.5', ports: [port] }
const node = { name: 'node-1', zone: 'a' }

/** `address:port > targets`, with what else is to be known of the front behind it. */
function fronts(spec: Service['spec'], slices: readonly EndpointSlice[], isNode = true): string[] {
  const view = { service: service(spec), slices, node }
  return planService(view, { hasNodePorts: isNode }).fronts.map(textOf)
}

function textOf(front: Front): string {
  const { address = 'node', isForInside, isMasqueraded, affinitySeconds, refusal } = front
  const targets = front.targets.map((one) => `${one.address}:${one.port}`).join(',')
  const marks = [
    ...(isForInside ? ['inside'] : []),
    ...(isMasqueraded ? ['masqueraded'] : []),
    ...(affinitySeconds === undefined ? [] : [`affinity ${affinitySeconds}`]),
  ]
  return `${address}:${front.port} > ${[targets || refusal, ...marks].join(' ')}`
}

test('a ClusterIP leads to every ready endpoint of its port', () => {
  const slices = [
    slice([endpoint('10.244.0.2'), endpoint('10.244.0.3', { ready: false })]),
    slice([endpoint('10.244.1.2')], { ports: [{ name: 'http', port: 9090, protocol: 'TCP' }] }),
    slice([endpoint('10.244.2.2')], { ports: [{ name: 'other', port: 1, protocol: 'TCP' }] }),
    slice([endpoint('10.244.2.3')], { ports: [{ name: 'http', port: 1, protocol: 'UDP' }] }),
    slice([endpoint('fd00::1')], { addressType: 'IPv6' }),
  ]
  assert.deepEqual(fronts(spec, slices), ['10.96.0.5:80 > 10.244.0.2:8080,10.244.1.2:9090'])
})

test('one endpoint in two slices is one target', () => {
  const slices = [
    slice([endpoint('10.244.0.2', { ready: false })]),
    slice([endpoint('10.244.0.2')]),
  ]
  assert.deepEqual(fronts(spec, slices), ['10.96.0.5:80 > 10.244.0.2:8080'])
})

test('where none is ready, those that still serve while they end take the traffic', () => {
  const ending = endpoint('10.244.0.2', { ready: false, serving: true, terminating: true })
  const gone = endpoint('10.244.0.3', { ready: false, serving: false, terminating: true })
  assert.deepEqual(fronts(spec, [slice([ending, gone])]), ['10.96.0.5:80 > 10.244.0.2:8080'])
  assert.deepEqual(fronts(spec, [slice([ending, gone, endpoint('10.244.0.4')])]), [
    '10.96.0.5:80 > 10.244.0.4:8080',
  ])
})

test('node ports and addresses from outside are masqueraded', () => {
  const type = 'LoadBalancer' as const
  const ports = [{ ...port, nodePort: 30080 }]
  const object = {
    ...service({ ...spec, type, ports, externalIPs: ['198.51.100.1'] }),
    status: {
      loadBalancer: { ingress: [{ ip: '127.0.0.241' }, { ip: '203.0.113.9', ipMode: 'Proxy' }] },
    },
  }
  const view = { service: object, slices: [slice([endpoint('10.244.0.2')])], node }
  assert.deepEqual(planService(view, { hasNodePorts: true }).fronts.map(textOf), [
    '10.96.0.5:80 > 10.244.0.2:8080',
    '198.51.100.1:80 > 10.244.0.2:8080 masqueraded',
    '127.0.0.241:80 > 10.244.0.2:8080 masqueraded',
    'node:30080 > 10.244.0.2:8080 masqueraded',
  ])
  assert.equal(planService(view, { hasNodePorts: false }).fronts.length, 3)
})

test('externalTrafficPolicy Local keeps to this node for callers from outside alone', () => {
  const ports = [{ ...port, nodePort: 30080 }]
  const local = { ...spec, type: 'NodePort', ports, externalTrafficPolicy: 'Local' } as const
  const here = endpoint('10.244.0.2', { node: 'node-1' })
  const there = endpoint('10.244.1.2', { node: 'node-2' })
  assert.deepEqual(fronts(local, [slice([here, there])]), [
    '10.96.0.5:80 > 10.244.0.2:8080,10.244.1.2:8080',
    'node:30080 > 10.244.0.2:8080',
    'node:30080 > 10.244.0.2:8080,10.244.1.2:8080 inside masqueraded',
  ])
  assert.deepEqual(fronts(local, [slice([there])]).slice(1), [
    'node:30080 > drop',
    'node:30080 > 10.244.1.2:8080 inside masqueraded',
  ])
  assert.deepEqual(fronts(local, []).slice(1), ['node:30080 > reject'])
})

test('internalTrafficPolicy Local keeps to this node, and drops where it has none', () => {
  const local = { ...spec, internalTrafficPolicy: 'Local' } as const
  const there = endpoint('10.244.1.2', { node: 'node-2' })
  const here = endpoint('10.244.0.2', { node: 'node-1' })
  assert.deepEqual(fronts(local, [slice([here, there])]), ['10.96.0.5:80 > 10.244.0.2:8080'])
  assert.deepEqual(fronts(local, [slice([there])]), ['10.96.0.5:80 > drop'])
  assert.deepEqual(fronts(local, []), ['10.96.0.5:80 > reject'])
})

test('affinity lasts three hours unless it is said how long', () => {
  const sticky = { ...spec, sessionAffinity: 'ClientIP' } as const
  const slices = [slice([endpoint('10.244.0.2')])]
  assert.deepEqual(fronts(sticky, slices), ['10.96.0.5:80 > 10.244.0.2:8080 affinity 10800'])
  const brief = { ...sticky, sessionAffinityConfig: { clientIP: { timeoutSeconds: 10 } } }
  assert.deepEqual(fronts(brief, slices), ['10.96.0.5:80 > 10.244.0.2:8080 affinity 10'])
})

test('hints narrow the endpoints when all have them and one is for this zone', () => {
  const near = endpoint('10.244.0.2', { zone: 'a' })
  const far = endpoint('10.244.1.2', { zone: 'b' })
  assert.deepEqual(fronts(spec, [slice([near, far])]), ['10.96.0.5:80 > 10.244.0.2:8080'])
  const all = ['10.96.0.5:80 > 10.244.1.2:8080,10.244.2.2:8080']
  assert.deepEqual(fronts(spec, [slice([far, endpoint('10.244.2.2')])]), all)
  assert.deepEqual(fronts(spec, [slice([far, endpoint('10.244.2.2', { zone: 'c' })])]), all)
})

test('headless Services, names and Services of another proxy have no fronts', () => {
  const slices = [slice([endpoint('10.244.0.2')])]
  assert.deepEqual(fronts({ ...spec, clusterIP: 'None' }, slices), [])
  assert.deepEqual(fronts({ ...spec, type: 'ExternalName', externalName: 'a.example' }, slices), [])
  const other = service(spec, { 'service.kubernetes.io/service-proxy-name': 'mesh' })
  assert.deepEqual(planService({ service: other, slices, node }, { hasNodePorts: true }).fronts, [])
})

test('Pods of the own node are those that may reach themselves', () => {
  const podRange = parseCidr('10.244.0.0/24')
  assert(podRange)
  const slices = [slice([endpoint('10.244.0.2'), endpoint('10.244.1.2')])]
  const plan = planService(
    { service: service(spec), slices, node },
    { hasNodePorts: true, podRange },
  )
  assert.deepEqual(plan.hairpins, ['10.244.0.2'])
  assert.deepEqual(plan.clusterIPs, ['10.96.0.5'])
})
