import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../lib/clock.ts'
import { systemRandom } from '../../lib/random.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import { patching, webhookServer } from '../admission/webhooks/webhook-fixture.ts'
import { createRegistry } from '../registry/registry.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { parseAuditPolicy } from './policy.ts'

const policy = parseAuditPolicy(`
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- {level: None, users: [quiet], resources: [{resources: [configmaps]}]}
- level: RequestResponse
  omitStages: [RequestReceived]
  omitManagedFields: true
  resources: [{resources: [configmaps]}]
- {level: Request, omitStages: [RequestReceived], resources: [{resources: [secrets]}]}
- {level: Metadata}`)

interface Event {
  readonly auditID: string
  readonly stage: string
  readonly [field: string]: unknown
}

const ended = new AbortController()
const lines: string[] = []
let isFull = false
let server: TestServer

before(async () => {
  const registry = createRegistry({
    store: await memoryStore(),
    clock: systemClock,
    random: systemRandom,
    signal: ended.signal,
  })
  const write = async (line: string) => {
    if (!isFull) lines.push(line)
    return !isFull
  }
  server = await startTestServer({ registry, audit: { policy, sink: { write }, isStrict: true } })
})

after(async () => {
  ended.abort()
  await server[Symbol.asyncDispose]()
})

const admin = () => server.pki.client('admin', 'system:masters')

/** The events of one request, known by its id. */
async function eventsOf(id: string, count: number): Promise<readonly Event[]> {
  for (;;) {
    const events = lines
      .map((line): Event => JSON.parse(line))
      .filter(({ auditID }) => auditID === id)
    if (events.length >= count) return events
    await delay(5)
  }
}

async function asked(method: string, path: string, body?: object, headers = {}) {
  const answer = await server.ask(path, {
    method,
    client: admin(),
    headers: { 'content-type': 'application/json', 'user-agent': 'tester/1', ...headers },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { answer, id: String(answer.headers['audit-id']) }
}

function fieldOf<T>(event: Event | undefined, name: string): T {
  assert.ok(event)
  return event[name] as T
}

const place = '/api/v1/namespaces/default/configmaps'

test('an event says who asked for what, and what came of it', async () => {
  const { id } = await asked('GET', '/api/v1/namespaces/default/services/kubernetes?pretty=true')
  const [received, complete] = await eventsOf(id, 2)
  const { user, requestReceivedTimestamp, stageTimestamp, ...rest } = { ...complete } as Event
  assert.deepEqual(rest, {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: id,
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/default/services/kubernetes?pretty=true',
    verb: 'get',
    sourceIPs: ['127.0.0.1'],
    userAgent: 'tester/1',
    objectRef: { resource: 'services', namespace: 'default', name: 'kubernetes', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 200 },
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
  })
  const { username, groups } = user as { username: string; groups: string[] }
  assert.deepEqual([username, groups], ['admin', ['system:masters', 'system:authenticated']])
  assert.match(String(stageTimestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  assert.equal(received?.stage, 'RequestReceived')
  assert.equal(received?.['stageTimestamp'], requestReceivedTimestamp)
  assert.equal(received?.['responseStatus'], undefined)
  assert.equal(received?.['annotations'], undefined)
})

test('the id is that of the client where it sends one', async () => {
  const { id } = await asked('GET', '/version', undefined, { 'audit-id': 'my-own' })
  assert.equal(id, 'my-own')
  const events = await eventsOf('my-own', 2)
  assert.deepEqual(
    events.map(({ verb, objectRef }) => [verb, objectRef]),
    [
      ['get', undefined],
      ['get', undefined],
    ],
  )
})

test('objects are kept by level, without managed fields where they are unwanted', async () => {
  const object = {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'one' },
    data: { a: 'b' },
  }
  const { id } = await asked('POST', place, object)
  const [event] = await eventsOf(id, 1)
  assert.deepEqual(event?.['requestObject'], object)
  const { metadata, data } = fieldOf<{ metadata: object; data: object }>(event, 'responseObject')
  assert.deepEqual(data, { a: 'b' })
  assert.equal('uid' in metadata && !('managedFields' in metadata), true)
  assert.deepEqual(event?.['objectRef'], {
    resource: 'configmaps',
    namespace: 'default',
    name: 'one',
    apiVersion: 'v1',
  })
  const secret = { metadata: { name: 's' }, data: { a: 'Yg==' } }
  const created = await asked('POST', '/api/v1/namespaces/default/secrets', secret)
  const [kept] = await eventsOf(created.id, 1)
  assert.deepEqual(kept?.['requestObject'], secret)
  assert.equal(kept?.['responseObject'], undefined)
})

test('bodies in YAML are kept as JSON', async () => {
  const answer = await server.ask(`${place}/one?fieldManager=me`, {
    method: 'PATCH',
    client: admin(),
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  c: d\n',
  })
  const [event] = await eventsOf(String(answer.headers['audit-id']), 1)
  assert.deepEqual(event?.['requestObject'], {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'one' },
    data: { c: 'd' },
  })
})

test('what fails is recorded with its Status', async () => {
  const { id } = await asked('GET', `${place}/none`)
  const [event] = await eventsOf(id, 1)
  const status = {
    status: 'Failure',
    message: 'configmaps "none" not found',
    reason: 'NotFound',
    details: { name: 'none', kind: 'configmaps' },
    code: 404,
  }
  assert.deepEqual(event?.['responseStatus'], { metadata: {}, ...status })
  assert.deepEqual(event?.['responseObject'], {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    ...status,
  })
})

test('a success that is a Status says so', async () => {
  await asked('POST', place, { metadata: { name: 'short' } })
  const { id } = await asked('DELETE', `${place}/short`)
  const [event] = await eventsOf(id, 1)
  const { status, code } = fieldOf<{ status: string; code: number }>(event, 'responseStatus')
  assert.deepEqual([status, code], ['Success', 200])
})

test('who is not allowed is recorded, and nothing that they sent', async () => {
  const answer = await server.ask(place, {
    method: 'POST',
    client: server.pki.client('bob'),
    headers: { 'content-type': 'application/json' },
    body: '{"metadata":{"name":"x"}}',
  })
  const [event] = await eventsOf(String(answer.headers['audit-id']), 1)
  assert.equal(event?.['requestObject'], undefined)
  const { annotations, responseStatus } = event as Event & { responseStatus: { code: number } }
  assert.equal(responseStatus.code, 403)
  assert.deepEqual(annotations, {
    'authorization.k8s.io/decision': 'forbid',
    'authorization.k8s.io/reason': '',
  })
})

test('who is not known is recorded once, as the answer starts', async () => {
  const answer = await server.ask('/api/v1/pods', { headers: { authorization: 'Bearer wrong' } })
  const events = await eventsOf(String(answer.headers['audit-id']), 1)
  assert.equal(answer.status, 401)
  assert.deepEqual(
    events.map(({ stage, user, responseStatus }) => ({ stage, user, responseStatus })),
    [
      {
        stage: 'ResponseStarted',
        user: {},
        responseStatus: {
          metadata: {},
          status: 'Failure',
          message: 'Unauthorized',
          reason: 'Unauthorized',
          code: 401,
        },
      },
    ],
  )
})

test('both are named where one acts as another', async () => {
  const headers = { 'impersonate-user': 'ada', 'impersonate-group': 'system:masters' }
  const { id } = await asked('GET', '/version', undefined, headers)
  const [received, complete] = await eventsOf(id, 2)
  assert.equal(received?.['impersonatedUser'], undefined)
  assert.deepEqual(complete?.['impersonatedUser'], {
    username: 'ada',
    groups: ['system:masters', 'system:authenticated'],
  })
})

test('a watch is recorded when it starts and when it ends', async () => {
  const { id } = await asked('GET', '/api/v1/namespaces/default/pods?watch=true&timeoutSeconds=1')
  const events = await eventsOf(id, 3)
  assert.deepEqual(
    events.map(({ stage, verb, responseStatus }) => [stage, verb, responseStatus]),
    [
      ['RequestReceived', 'watch', undefined],
      ['ResponseStarted', 'watch', { metadata: {}, code: 200 }],
      ['ResponseComplete', 'watch', { metadata: {}, code: 200 }],
    ],
  )
})

test('nothing is recorded of what the policy leaves out', async () => {
  const answer = await server.ask(place, { client: server.pki.client('quiet', 'system:masters') })
  assert.equal(answer.status, 200)
  const id = String(answer.headers['audit-id'])
  await asked('GET', '/version')
  assert.equal(
    lines.some((line) => line.includes(id)),
    false,
  )
})

test('webhooks and policies leave their notes', async () => {
  await using hook = await webhookServer(() => ({
    ...patching({ op: 'add', path: '/data', value: { c: 'd' } }),
    auditAnnotations: { seen: 'yes' },
  }))
  const { url, caBundle } = hook
  const selector = { matchLabels: { hooked: 'yes' } }
  const webhook = {
    name: 'note.example.com',
    clientConfig: { url, caBundle },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['*'] }],
    objectSelector: selector,
    ...{ sideEffects: 'None', admissionReviewVersions: ['v1'] },
  }
  const away = { url: 'https://127.0.0.1:1', caBundle }
  const absent = { ...webhook, name: 'away.example.com', clientConfig: away }
  const group = '/apis/admissionregistration.k8s.io/v1'
  await asked('POST', `${group}/mutatingwebhookconfigurations`, {
    metadata: { name: 'notes' },
    webhooks: [webhook, { ...absent, failurePolicy: 'Ignore' }],
  })
  await asked('POST', `${group}/validatingadmissionpolicies`, {
    metadata: { name: 'few' },
    spec: {
      matchConstraints: { resourceRules: webhook.rules, objectSelector: selector },
      validations: [{ expression: 'true' }, { expression: 'false', message: 'too many' }],
      auditAnnotations: [
        { key: 'who', valueExpression: "'seen ' + object.metadata.name" },
        { key: 'none', valueExpression: 'null' },
      ],
    },
  })
  await asked('POST', `${group}/validatingadmissionpolicybindings`, {
    metadata: { name: 'few-here' },
    spec: { policyName: 'few', validationActions: ['Audit'] },
  })
  const { id } = await asked('POST', place, { metadata: { name: 'h', labels: { hooked: 'yes' } } })
  const [event] = await eventsOf(id, 1)
  assert.deepEqual(fieldOf(event, 'annotations'), {
    'authorization.k8s.io/decision': 'allow',
    'authorization.k8s.io/reason': '',
    'note.example.com/seen': 'yes',
    'few/who': 'seen h',
    'mutation.webhook.admission.k8s.io/round_0_index_0':
      '{"configuration":"notes","webhook":"note.example.com","mutated":true}',
    'failed-open.mutation.webhook.admission.k8s.io/round_0_index_1': 'away.example.com',
    'mutation.webhook.admission.k8s.io/round_0_index_1':
      '{"configuration":"notes","webhook":"away.example.com","mutated":false}',
    'validation.policy.admission.k8s.io/validation_failure':
      '[{"message":"too many","policy":"few","binding":"few-here","expressionIndex":1,"validationActions":["Audit"]}]',
  })
})

test('an event tells of a deprecated kind', async () => {
  const { id } = await asked('GET', '/api/v1/endpoints')
  const [, complete] = await eventsOf(id, 2)
  assert.deepEqual(fieldOf(complete, 'annotations'), {
    'authorization.k8s.io/decision': 'allow',
    'authorization.k8s.io/reason': '',
    'k8s.io/deprecated': 'true',
  })
})

test('a strict log that is full refuses requests', async () => {
  isFull = true
  const { answer } = await asked('GET', '/version')
  isFull = false
  assert.equal(answer.status, 500)
  assert.equal(answer.json().message, 'Internal error occurred: failed to store audit event')
})
