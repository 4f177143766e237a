import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryFixture } from '../registry/registry-fixture.ts'

const pods = '/api/v1/namespaces/default/pods'
const pod = (name: string, spec: object = {}, container: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'main', image: 'nginx', ...container }], ...spec },
})

async function clusterFixture() {
  const api = await registryFixture()
  await make('/api/v1/namespaces/default/serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default' },
  })
  async function make(path: string, body: object) {
    const answer = await api.ask(`POST ${path}`, { body })
    assert.equal(answer.status, 201, answer.text)
    return answer.json
  }
  return { ...api, make, [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]() }
}

test('a Pod runs as an account and finds its token', async () => {
  await using api = await clusterFixture()
  const { spec } = await api.make(pods, pod('web'))
  assert.equal(spec.serviceAccountName, 'default')
  assert.equal(spec.serviceAccount, 'default')
  const [volume] = spec.volumes
  assert.match(volume.name, /^kube-api-access-[a-z0-9]{5}$/)
  assert.deepEqual(volume.projected, {
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [
            { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } },
          ],
        },
      },
    ],
    defaultMode: 420,
  })
  assert.deepEqual(spec.containers[0].volumeMounts, [
    {
      name: volume.name,
      readOnly: true,
      mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
    },
  ])
})

test('a Pod of an account that is not there is refused', async () => {
  await using api = await clusterFixture()
  const { json } = await api.ask(`POST ${pods}`, {
    body: pod('web', { serviceAccountName: 'builder' }),
  })
  assert.equal(json.code, 403)
  assert.equal(
    json.message,
    'pods "web" is forbidden: error looking up service account default/builder: serviceaccount "builder" not found',
  )
})

test('a Pod without a token has no volume', async () => {
  await using api = await clusterFixture()
  const { spec } = await api.make(pods, pod('web', { automountServiceAccountToken: false }))
  assert.equal(spec.volumes, undefined)
})

test('a Pod tolerates lost nodes for five minutes', async () => {
  await using api = await clusterFixture()
  const { spec } = await api.make(pods, pod('web'))
  assert.deepEqual(spec.tolerations, [
    {
      key: 'node.kubernetes.io/not-ready',
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    },
    {
      key: 'node.kubernetes.io/unreachable',
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 300,
    },
  ])
})

test('a Pod has the priority of its class', async () => {
  await using api = await clusterFixture()
  const plain = await api.make(pods, pod('plain'))
  assert.equal(plain.spec.priority, 0)
  assert.equal(plain.spec.preemptionPolicy, 'PreemptLowerPriority')
  await api.make('/apis/scheduling.k8s.io/v1/priorityclasses', {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: 'high' },
    value: 1000,
  })
  const high = await api.make(pods, pod('high', { priorityClassName: 'high' }))
  assert.equal(high.spec.priority, 1000)
  const { json } = await api.ask(`POST ${pods}`, { body: pod('x', { priorityClassName: 'none' }) })
  assert.equal(json.message, 'pods "x" is forbidden: no PriorityClass with name none was found')
})

test('a LimitRange gives and bounds', async () => {
  await using api = await clusterFixture()
  await api.make('/api/v1/namespaces/default/limitranges', {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'limits' },
    spec: {
      limits: [
        {
          type: 'Container',
          default: { cpu: '500m' },
          defaultRequest: { cpu: '100m' },
          max: { cpu: '1' },
          min: { cpu: '50m' },
        },
      ],
    },
  })
  const given = await api.make(pods, pod('web'))
  assert.deepEqual(given.spec.containers[0].resources, {
    limits: { cpu: '500m' },
    requests: { cpu: '100m' },
  })
  assert.equal(
    given.metadata.annotations['kubernetes.io/limit-ranger'],
    'LimitRanger plugin set: cpu request for container main; cpu limit for container main',
  )
  const resources = { requests: { cpu: '10m' }, limits: { cpu: '2' } }
  const { json } = await api.ask(`POST ${pods}`, { body: pod('x', {}, { resources }) })
  assert.equal(
    json.message,
    'pods "x" is forbidden: [minimum cpu usage per Container is 50m, but request is 10m, maximum cpu usage per Container is 1, but limit is 2]',
  )
})

test('a quota counts and refuses', async () => {
  await using api = await clusterFixture()
  await api.make('/api/v1/namespaces/default/resourcequotas', {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'small' },
    spec: { hard: { pods: '1', 'requests.cpu': '1' } },
  })
  const { json: bare } = await api.ask(`POST ${pods}`, { body: pod('bare') })
  assert.equal(
    bare.message,
    'pods "bare" is forbidden: failed quota: small: must specify requests.cpu for: main',
  )
  const resources = { requests: { cpu: '600m' } }
  await api.make(pods, pod('a', {}, { resources }))
  const { json } = await api.ask(`POST ${pods}`, { body: pod('b', {}, { resources }) })
  assert.equal(json.code, 403)
  assert.equal(
    json.message,
    'pods "b" is forbidden: exceeded quota: small, requested: pods=1,requests.cpu=600m, used: pods=1,requests.cpu=600m, limited: pods=1,requests.cpu=1',
  )
  const quota = await api.ask('GET /api/v1/namespaces/default/resourcequotas/small')
  assert.deepEqual(quota.json.status.used, { pods: '1', 'requests.cpu': '600m' })
})

test('claims and Ingresses get the default class', async () => {
  await using api = await clusterFixture()
  await api.make('/apis/storage.k8s.io/v1/storageclasses', {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: 'local',
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: 'example.com/local',
  })
  const claim = await api.make('/api/v1/namespaces/default/persistentvolumeclaims', {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  })
  assert.equal(claim.spec.storageClassName, 'local')
  await api.make('/apis/networking.k8s.io/v1/ingressclasses', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: {
      name: 'gateway',
      annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' },
    },
    spec: { controller: 'example.com/gateway' },
  })
  const service = { name: 'web', port: { number: 80 } }
  const ingress = await api.make('/apis/networking.k8s.io/v1/namespaces/default/ingresses', {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web' },
    spec: { defaultBackend: { service } },
  })
  assert.equal(ingress.spec.ingressClassName, 'gateway')
})

test('a RuntimeClass brings its overhead', async () => {
  await using api = await clusterFixture()
  await api.make('/apis/node.k8s.io/v1/runtimeclasses', {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: 'vm' },
    handler: 'vm',
    overhead: { podFixed: { cpu: '250m' } },
    scheduling: { nodeSelector: { kind: 'vm' } },
  })
  const { spec } = await api.make(pods, pod('web', { runtimeClassName: 'vm' }))
  assert.deepEqual(spec.overhead, { cpu: '250m' })
  assert.deepEqual(spec.nodeSelector, { kind: 'vm' })
  const { json } = await api.ask(`POST ${pods}`, { body: pod('x', { runtimeClassName: 'no' }) })
  assert.equal(json.message, 'pods "x" is forbidden: pod rejected: RuntimeClass "no" not found')
})

test('a new node takes no Pods yet', async () => {
  await using api = await clusterFixture()
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'one' } }
  const { spec } = await api.make('/api/v1/nodes', node)
  assert.deepEqual(spec.taints, [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }])
})

test('the namespaces every cluster needs stay', async () => {
  await using api = await clusterFixture()
  const { json } = await api.ask('DELETE /api/v1/namespaces/default')
  assert.equal(json.code, 403)
  assert.equal(json.message, 'namespaces "default" is forbidden: this namespace may not be deleted')
})
