import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap, Container, Secret, Service, ServiceSpec } from '../../api/types.gen.ts'
import { container, testPod } from '../pod/test-observed.ts'
import { environment } from './environment.ts'
import { expand, unknownName } from './expand.ts'
import { fieldValue, resourceValue } from './field-ref.ts'
import { serviceEnv } from './service-env.ts'

const configMap: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings' },
  data: { colour: 'red', size: '4' },
}
const secret: Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'keys' },
  data: { token: Buffer.from('s3cret').toString('base64') },
}

const pod = testPod(
  { nodeName: 'worker', serviceAccountName: 'builder', enableServiceLinks: false },
  { metadata: { name: 'app', labels: { b: '2', a: 'say "hi"' }, annotations: { note: 'x' } } },
)
const context = {
  pod,
  podIps: ['10.244.1.7', 'fd00::7'],
  hostIps: ['172.18.0.3'],
  allocatable: { cpu: '4', memory: '8Gi' },
}
const sources = {
  configMap: (name: string) => (name === 'settings' ? configMap : undefined),
  secret: (name: string) => (name === 'keys' ? secret : undefined),
  services: [],
}

function ask(more: Partial<Container>): Readonly<Record<string, string>> {
  const variables = environment(container('web', more), context, sources)
  return Object.fromEntries(variables.map(({ key, value }) => [key, value]))
}

test('references are expanded, others and escaped ones stay', () => {
  const lookUp = (name: string) => ({ A: '1', B: '$(A)' })[name]
  const cases = [
    ['x$(A)y', 'x1y'],
    ['$(A)$(B)', '1$(A)'],
    ['$(NOBODY)', '$(NOBODY)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$1'],
    ['$A {A} $(A', '$A {A} $(A'],
  ] as const
  for (const [text, expected] of cases) assert.equal(expand(text, lookUp), expected)
  assert.equal(unknownName('$(A)/$(C)', { A: '1' }), 'C')
})

test('a variable sees those before it', () => {
  assert.deepEqual(
    ask({
      env: [
        { name: 'FIRST', value: '$(SECOND)' },
        { name: 'SECOND', value: 'two' },
        { name: 'THIRD', value: '$(SECOND)-$(FIRST)' },
        { name: 'EMPTY' },
      ],
    }),
    { FIRST: '$(SECOND)', SECOND: 'two', THIRD: 'two-$(SECOND)', EMPTY: '' },
  )
})

test('ConfigMaps and Secrets give variables, whole and by key; env wins over envFrom', () => {
  assert.deepEqual(
    ask({
      envFrom: [
        { prefix: 'C_', configMapRef: { name: 'settings' } },
        { secretRef: { name: 'keys' } },
        { configMapRef: { name: 'none', optional: true } },
      ],
      env: [
        { name: 'token', value: 'mine' },
        { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'colour' } } },
        { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
        {
          name: 'ABSENT',
          valueFrom: { secretKeyRef: { name: 'keys', key: 'other', optional: true } },
        },
      ],
    }),
    { C_colour: 'red', C_size: '4', token: 'mine', COLOUR: 'red', KEY: 's3cret' },
  )
})

test('what is missing is named', () => {
  const refusals = [
    [{ envFrom: [{ configMapRef: { name: 'none' } }] }, 'configmap "none" not found'],
    [{ envFrom: [{ secretRef: { name: 'none' } }] }, 'secret "none" not found'],
    [
      { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'settings', key: 'none' } } }] },
      "couldn't find key none in ConfigMap default/settings",
    ],
    [
      { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'keys', key: 'none' } } }] },
      "couldn't find key none in Secret default/keys",
    ],
  ] as const
  for (const [more, message] of refusals) assert.throws(() => ask(more), { message })
})

test('the fields of a Pod', () => {
  const fields = {
    'metadata.name': 'app',
    'metadata.namespace': 'default',
    'metadata.uid': 'u1',
    "metadata.labels['b']": '2',
    "metadata.annotations['none']": '',
    'metadata.labels': 'a="say \\"hi\\""\nb="2"',
    'spec.nodeName': 'worker',
    'spec.serviceAccountName': 'builder',
    'status.hostIP': '172.18.0.3',
    'status.podIP': '10.244.1.7',
    'status.podIPs': '10.244.1.7,fd00::7',
  }
  for (const [path, expected] of Object.entries(fields))
    assert.equal(fieldValue(path, context), expected)
  assert.equal(fieldValue('spec.secretOfMine', context), undefined)
})

test('the resources of a container, the node’s where it has no limit', () => {
  const web = container('web', {
    resources: { limits: { memory: '64Mi' }, requests: { cpu: '250m' } },
  })
  const cases = [
    ['limits.memory', undefined, '67108864'],
    ['limits.memory', '1Mi', '64'],
    ['requests.cpu', '1m', '250'],
    ['requests.cpu', undefined, '1'],
    ['limits.cpu', undefined, '4'],
    ['requests.memory', '1Gi', '1'],
  ] as const
  for (const [resource, divisor, expected] of cases)
    assert.equal(resourceValue({ resource, ...(divisor && { divisor }) }, web, context), expected)
})

function service(name: string, namespace: string, spec: Partial<ServiceSpec>): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec }
}

const services = [
  service('kubernetes', 'default', {
    clusterIP: '10.96.0.1',
    ports: [{ name: 'https', port: 443 }],
  }),
  service('my-nginx', 'shop', { clusterIP: '10.96.0.7', ports: [{ port: 80 }] }),
  service('headless', 'shop', { clusterIP: 'None', ports: [{ port: 80 }] }),
  service('elsewhere', 'other', { clusterIP: '10.96.0.8', ports: [{ port: 80 }] }),
]

test('Services of the namespace are found by variables, the API server’s always', () => {
  const text = serviceEnv(services, 'shop', true).map(({ key, value }) => `${key}=${value}`)
  assert.deepEqual(text, [
    'KUBERNETES_SERVICE_HOST=10.96.0.1',
    'KUBERNETES_SERVICE_PORT=443',
    'KUBERNETES_SERVICE_PORT_HTTPS=443',
    'KUBERNETES_PORT=tcp://10.96.0.1:443',
    'KUBERNETES_PORT_443_TCP=tcp://10.96.0.1:443',
    'KUBERNETES_PORT_443_TCP_PROTO=tcp',
    'KUBERNETES_PORT_443_TCP_PORT=443',
    'KUBERNETES_PORT_443_TCP_ADDR=10.96.0.1',
    'MY_NGINX_SERVICE_HOST=10.96.0.7',
    'MY_NGINX_SERVICE_PORT=80',
    'MY_NGINX_PORT=tcp://10.96.0.7:80',
    'MY_NGINX_PORT_80_TCP=tcp://10.96.0.7:80',
    'MY_NGINX_PORT_80_TCP_PROTO=tcp',
    'MY_NGINX_PORT_80_TCP_PORT=80',
    'MY_NGINX_PORT_80_TCP_ADDR=10.96.0.7',
  ])
  const only = serviceEnv(services, 'shop', false).map(({ key }) => key.split('_')[0])
  assert.deepEqual([...new Set(only)], ['KUBERNETES'])
})
