import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryFixture } from '../../registry/registry-fixture.ts'
import { patching, type Respond, webhookServer } from './webhook-fixture.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string, data: object = {}, labels: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels },
  data,
})
const forConfigMaps = {
  apiGroups: [''],
  apiVersions: ['v1'],
  operations: ['CREATE', 'UPDATE'],
  resources: ['configmaps'],
}

async function fixture(respond: Respond = () => ({ allowed: true })) {
  const api = await registryFixture()
  const hook = await webhookServer(respond)
  async function configure(kind: 'Mutating' | 'Validating', ...webhooks: readonly object[]) {
    const plural = `${kind.toLowerCase()}webhookconfigurations`
    const body = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${kind}WebhookConfiguration`,
      metadata: { name: `test-${kind.toLowerCase()}` },
      webhooks: webhooks.map((webhook) => ({
        name: 'check.example.com',
        clientConfig: { url: `${hook.url}/check`, caBundle: hook.caBundle },
        rules: [forConfigMaps],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        ...webhook,
      })),
    }
    const answer = await api.ask(`POST /apis/admissionregistration.k8s.io/v1/${plural}`, { body })
    assert.equal(answer.status, 201, answer.text)
  }
  return {
    ...api,
    hook,
    configure,
    async [Symbol.asyncDispose]() {
      await hook[Symbol.asyncDispose]()
      await api[Symbol.asyncDispose]()
    },
  }
}

test('a validating webhook sees the request and may refuse it', async () => {
  await using api = await fixture(({ object }) =>
    object.data.key === 'bad'
      ? { allowed: false, status: { message: 'no bad data', code: 403 }, warnings: ['careful'] }
      : { allowed: true, warnings: ['careful'] },
  )
  await api.configure('Validating', {})
  const good = await api.ask(`POST ${configMaps}`, { body: configMap('a', { key: 'good' }) })
  assert.equal(good.status, 201)
  assert.deepEqual(good.warnings, ['careful'])
  const { json } = await api.ask(`POST ${configMaps}`, { body: configMap('b', { key: 'bad' }) })
  assert.equal(json.code, 403)
  assert.equal(
    json.message,
    'admission webhook "check.example.com" denied the request: no bad data',
  )
  const [first] = api.hook.asked
  assert.equal(first?.operation, 'CREATE')
  assert.deepEqual(first?.kind, { group: '', version: 'v1', kind: 'ConfigMap' })
  assert.deepEqual(first?.['resource'], { group: '', version: 'v1', resource: 'configmaps' })
  assert.equal(first?.userInfo.username, 'tester')
  assert.equal(first?.oldObject, null)
  assert.equal(first?.object.metadata.name, 'a')
})

test('a refusal without a message is one without explanation', async () => {
  await using api = await fixture(() => ({ allowed: false }))
  await api.configure('Validating', {})
  const { json } = await api.ask(`POST ${configMaps}`, { body: configMap('a') })
  assert.equal(json.code, 400)
  assert.equal(
    json.message,
    'admission webhook "check.example.com" denied the request without explanation',
  )
})

test('a mutating webhook changes the object, and defaults are applied to what it adds', async () => {
  const service = { op: 'add', path: '/spec/ports/-', value: { name: 'more', port: 81 } }
  await using api = await fixture(() => patching(service))
  const rules = [{ ...forConfigMaps, resources: ['services'] }]
  await api.configure('Mutating', { rules })
  const { json } = await api.ask('POST /api/v1/namespaces/default/services', {
    body: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { ports: [{ name: 'http', port: 80 }] },
    },
  })
  assert.deepEqual(json.spec.ports, [
    { name: 'http', port: 80, protocol: 'TCP', targetPort: 80 },
    { name: 'more', port: 81, protocol: 'TCP', targetPort: 81 },
  ])
})

test('a webhook that wants it is asked again after another has changed the object', async () => {
  await using api = await fixture(({ object }, path) => {
    if (path === '/second') return patching({ op: 'add', path: '/data/second', value: 'yes' })
    return object.data.second
      ? patching({ op: 'add', path: '/data/seen', value: 'yes' })
      : { allowed: true }
  })
  const clientConfig = { url: `${api.hook.url}/second`, caBundle: api.hook.caBundle }
  await api.configure(
    'Mutating',
    { name: 'first.example.com', reinvocationPolicy: 'IfNeeded' },
    { name: 'second.example.com', clientConfig },
  )
  const { json } = await api.ask(`POST ${configMaps}`, { body: configMap('a', { own: 'yes' }) })
  assert.deepEqual(json.data, { own: 'yes', second: 'yes', seen: 'yes' })
  assert.equal(api.hook.asked.length, 3)
})

test('selectors and conditions decide who is asked', async () => {
  await using api = await fixture(() => ({ allowed: false, status: { message: 'asked' } }))
  await api.configure('Validating', {
    objectSelector: { matchLabels: { checked: 'yes' } },
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } },
    matchConditions: [
      { name: 'not-exempt', expression: '!object.metadata.name.startsWith("free-")' },
    ],
  })
  const labels = { checked: 'yes' }
  const status = async (path: string, body: object) =>
    (await api.ask(`POST ${path}`, { body })).status
  await api.namespace('other')
  assert.equal(await status(configMaps, configMap('a')), 201)
  assert.equal(await status(configMaps, configMap('free-b', {}, labels)), 201)
  assert.equal(await status('/api/v1/namespaces/other/configmaps', configMap('c', {}, labels)), 201)
  assert.equal(await status(configMaps, configMap('d', {}, labels)), 400)
})

test('a condition that fails refuses the request unless failures are ignored', async () => {
  await using api = await fixture()
  const matchConditions = [{ name: 'broken', expression: 'object.data.missing == "x"' }]
  await api.configure('Validating', { matchConditions })
  const { json } = await api.ask(`POST ${configMaps}`, { body: configMap('a', { k: 'v' }) })
  assert.equal(
    json.message,
    'configmaps "a" is forbidden: expression \'object.data.missing == "x"\' resulted in error: no such key: missing',
  )
})

test('a webhook that cannot be reached fails the request or is ignored', async () => {
  await using api = await fixture()
  const clientConfig = { url: 'https://127.0.0.1:1/check' }
  await api.configure('Validating', { clientConfig })
  const { json } = await api.ask(`POST ${configMaps}`, { body: configMap('a') })
  assert.equal(json.code, 500)
  assert.equal(
    json.message,
    'Internal error occurred: failed calling webhook "check.example.com": failed to call webhook: ' +
      'Post "https://127.0.0.1:1/check?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused',
  )
  const path =
    '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/test-validating'
  const patch = [{ op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' }]
  const headers = { 'content-type': 'application/json-patch+json' }
  assert.equal((await api.ask(`PATCH ${path}`, { body: patch, headers })).status, 200)
  assert.equal((await api.ask(`POST ${configMaps}`, { body: configMap('a') })).status, 201)
})

test('a Service that is not there, an untrusted certificate, a webhook that never answers', async () => {
  await using api = await fixture(() => undefined)
  const service = { namespace: 'default', name: 'hook', path: '/check' }
  await api.configure('Validating', { clientConfig: { service } })
  const { json } = await api.ask(`POST ${configMaps}`, { body: configMap('a') })
  assert.match(
    json.message,
    /Post "https:\/\/hook\.default\.svc:443\/check\?timeout=10s": service "hook" not found$/,
  )
  const clientConfig = { url: `${api.hook.url}/check` }
  await api.configure('Mutating', { clientConfig })
  const untrusted = await api.ask(`POST ${configMaps}`, { body: configMap('a') })
  assert.match(
    untrusted.json.message,
    /tls: failed to verify certificate: x509: certificate signed by unknown authority$/,
  )
})

test('a webhook that takes too long is given up', async () => {
  await using api = await fixture(() => undefined)
  await api.configure('Validating', { timeoutSeconds: 1 })
  const { json } = await api.ask(`POST ${configMaps}`, { body: configMap('a') })
  assert.match(json.message, /check\?timeout=1s": context deadline exceeded$/)
})

test('a dry run reaches webhooks, which are told of it', async () => {
  await using api = await fixture()
  await api.configure('Validating', { sideEffects: 'NoneOnDryRun' })
  const answer = await api.ask(`POST ${configMaps}?dryRun=All`, { body: configMap('a') })
  assert.equal(answer.status, 201)
  assert.deepEqual(
    api.hook.asked.map(({ dryRun }) => dryRun),
    [true],
  )
})

test('a webhook that is described wrongly is refused', async () => {
  await using api = await fixture()
  const { json } = await api.ask(
    'POST /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    {
      body: {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'wrong' },
        webhooks: [
          {
            name: 'short',
            clientConfig: { url: 'http://127.0.0.1/' },
            sideEffects: 'Unknown',
            admissionReviewVersions: ['v2'],
            timeoutSeconds: 31,
          },
        ],
      },
    },
  )
  assert.equal(json.code, 422)
  assert.deepEqual(
    json.details.causes.map(({ field, message }: Record<string, string>) => `${field}: ${message}`),
    [
      'webhooks[0].name: Invalid value: "short": should be a domain with at least three segments separated by dots',
      'webhooks[0].sideEffects: Unsupported value: "Unknown": supported values: "None", "NoneOnDryRun"',
      'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
      `webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
    ],
  )
})

test('webhooks are never asked about their own configurations', async () => {
  await using api = await fixture(() => ({ allowed: false }))
  const everything = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }
  await api.configure('Validating', { rules: [everything] })
  const path =
    '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/test-validating'
  assert.equal((await api.ask(`DELETE ${path}`)).status, 200)
  assert.equal((await api.ask(`POST ${configMaps}`, { body: configMap('a') })).status, 201)
})

test('a deletion is shown with the object that goes', async () => {
  await using api = await fixture(() => ({ allowed: false, status: { message: 'keep it' } }))
  await api.ask(`POST ${configMaps}`, { body: configMap('a', { k: 'v' }) })
  await api.configure('Validating', { rules: [{ ...forConfigMaps, operations: ['DELETE'] }] })
  const { json } = await api.ask(`DELETE ${configMaps}/a`)
  assert.equal(json.message, 'admission webhook "check.example.com" denied the request: keep it')
  const [request] = api.hook.asked
  assert.equal(request?.object, null)
  assert.equal(request?.oldObject.data.k, 'v')
})

test('another version of the same objects is covered, unless the policy is Exact', async () => {
  await using api = await fixture(({ kind }) => ({
    allowed: false,
    status: { message: kind.version },
  }))
  const rules = [
    { ...forConfigMaps, apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'] },
  ]
  await api.configure('Validating', { rules })
  const { json } = await api.ask(
    'POST /apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
    {
      body: {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web' },
        spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'web' } },
      },
    },
  )
  assert.equal(json.message, 'admission webhook "check.example.com" denied the request: v1')
  assert.equal(api.hook.asked[0]?.object.apiVersion, 'autoscaling/v1')
})

test('a webhook is told the options of a request', async () => {
  await using api = await fixture()
  const all = { ...forConfigMaps, operations: ['*'] }
  await api.configure('Validating', { rules: [all] })
  const query = 'fieldManager=me&fieldValidation=Strict'
  await api.ask(`POST ${configMaps}?${query}`, { body: configMap('a') })
  await api.ask(`DELETE ${configMaps}/a?propagationPolicy=Foreground&gracePeriodSeconds=0`)
  const meta = { apiVersion: 'meta.k8s.io/v1' }
  assert.deepEqual(
    api.hook.asked.map(({ options }) => options),
    [
      { ...meta, kind: 'CreateOptions', fieldManager: 'me', fieldValidation: 'Strict' },
      {
        ...{ ...meta, kind: 'DeleteOptions', gracePeriodSeconds: 0 },
        propagationPolicy: 'Foreground',
      },
    ],
  )
})
