import assert from 'node:assert/strict'
import { connect } from 'node:http2'
import { after, before, test } from 'node:test'
import { startTestServer, type TestServer } from './testing/test-server.ts'

let server: TestServer
before(async () => {
  server = await startTestServer({ tokenFile: 'secret-token,ada,uid-1,"dev,ops"\n' })
})
after(() => server[Symbol.asyncDispose]())

const asAda = { authorization: 'Bearer secret-token' }
const json = { 'content-type': 'application/json' }

test('health needs no credentials, anything else does', async () => {
  assert.equal((await server.ask('/healthz')).text, 'ok')
  const refused = await server.ask('/api/v1/pods')
  assert.equal(refused.status, 401)
  assert.deepEqual(refused.json(), {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Unauthorized',
    reason: 'Unauthorized',
    code: 401,
  })
})

test('a wrong token is refused', async () => {
  const answer = await server.ask('/api', { headers: { authorization: 'Bearer nonsense' } })
  assert.equal(answer.status, 401)
})

test('a user without a role is refused in the words of Kubernetes', async () => {
  const answer = await server.ask('/api/v1/namespaces/default/pods', { headers: asAda })
  assert.equal(answer.status, 403)
  assert.deepEqual(answer.json(), {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message:
      'pods is forbidden: User "ada" cannot list resource "pods" in API group "" in the namespace "default"',
    reason: 'Forbidden',
    details: { kind: 'pods' },
    code: 403,
  })
})

test('a path that is not allowed is named in the refusal', async () => {
  const answer = await server.ask('/metrics', { headers: asAda })
  assert.equal(answer.json()['message'], 'forbidden: User "ada" cannot get path "/metrics"')
})

test('a client certificate names the user and the groups', async () => {
  const client = server.pki.client('root', 'system:masters', 'people')
  const answer = await server.ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    method: 'POST',
    client,
    headers: json,
    body: '{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}',
  })
  assert.equal(answer.status, 201)
  const { status } = answer.json<{ status: { userInfo: { username: string; groups: string[] } } }>()
  assert.equal(status.userInfo.username, 'root')
  assert.deepEqual(status.userInfo.groups, ['system:masters', 'people', 'system:authenticated'])
})

test('a certificate of another authority counts for nothing', async () => {
  const other = await startTestServer()
  const client = other.pki.client('root', 'system:masters')
  await other[Symbol.asyncDispose]()
  assert.equal((await server.ask('/api', { client })).status, 401)
})

test('the bootstrap makes the namespaces, roles and the kubernetes Service', async () => {
  const client = server.pki.client('root', 'system:masters')
  const names = async (path: string) => {
    const { items } = (await server.ask(path, { client })).json<{
      items: { metadata: { name: string } }[]
    }>()
    return items.map((item) => item.metadata.name)
  }
  assert.deepEqual(await names('/api/v1/namespaces'), [
    'default',
    'kube-system',
    'kube-public',
    'kube-node-lease',
  ])
  assert.equal(
    (await names('/apis/rbac.authorization.k8s.io/v1/clusterroles')).includes('cluster-admin'),
    true,
  )
  assert.deepEqual(await names('/api/v1/namespaces/default/services'), ['kubernetes'])
})

test('a new binding is obeyed', async () => {
  const client = server.pki.client('root', 'system:masters')
  const path = '/apis/rbac.authorization.k8s.io/v1/namespaces/kube-public/rolebindings'
  const body = JSON.stringify({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'ops-view', namespace: 'kube-public' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'ops' }],
  })
  assert.equal(
    (await server.ask(path, { method: 'POST', client, headers: json, body })).status,
    201,
  )
  const allowed = await server.ask('/api/v1/namespaces/kube-public/pods', { headers: asAda })
  assert.equal(allowed.status, 200)
  const refused = await server.ask('/api/v1/namespaces/default/pods', { headers: asAda })
  assert.equal(refused.status, 403)
})

test('impersonation needs the right and takes over name and groups', async () => {
  const client = server.pki.client('root', 'system:masters')
  const path = '/api/v1/namespaces/default/pods'
  const headers = { 'impersonate-user': 'bob', 'impersonate-group': 'devs' }
  const asBob = await server.ask(path, { client, headers })
  assert.match(String(asBob.json()['message']), /^pods is forbidden: User "bob" cannot list/)
  const refused = await server.ask(path, { headers: { ...asAda, 'impersonate-user': 'bob' } })
  assert.equal(
    refused.json()['message'],
    'pods is forbidden: User "ada" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "default"',
  )
})

test('a ServiceAccount token is issued and known again', async () => {
  const client = server.pki.client('root', 'system:masters')
  const accounts = '/api/v1/namespaces/default/serviceaccounts'
  await server.ask(accounts, {
    method: 'POST',
    client,
    headers: json,
    body: '{"kind":"ServiceAccount","apiVersion":"v1","metadata":{"name":"robot","namespace":"default"}}',
  })
  const issued = await server.ask(`${accounts}/robot/token`, {
    method: 'POST',
    client,
    headers: json,
    body: '{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1","spec":{"expirationSeconds":600}}',
  })
  assert.equal(issued.status, 201)
  const { token } = issued.json<{ status: { token: string } }>().status
  const headers = { authorization: `Bearer ${token}` }
  const refused = await server.ask('/api/v1/nodes', { headers })
  assert.match(
    String(refused.json()['message']),
    /^nodes is forbidden: User "system:serviceaccount:default:robot" cannot list/,
  )
  const review = async () =>
    (
      await server.ask('/apis/authentication.k8s.io/v1/tokenreviews', {
        method: 'POST',
        client,
        headers: json,
        body: JSON.stringify({
          kind: 'TokenReview',
          apiVersion: 'authentication.k8s.io/v1',
          spec: { token, audiences: ['https://kubernetes.default.svc.cluster.local', 'other'] },
        }),
      })
    ).json<{ status: { authenticated?: boolean; audiences?: string[] } }>().status
  const known = await review()
  assert.equal(known.authenticated, true)
  assert.deepEqual(known.audiences, ['https://kubernetes.default.svc.cluster.local'])
})

test('the same server speaks HTTP/2', async () => {
  const client = server.pki.client('root', 'system:masters')
  const session = connect(server.url, { ca: server.pki.ca, ...client })
  const stream = session.request({ ':path': '/version' })
  stream.setEncoding('utf8')
  let text = ''
  let status = 0
  stream.on('response', (headers) => (status = headers[':status'] ?? 0))
  for await (const chunk of stream) text += chunk
  session.close()
  assert.equal(status, 200)
  assert.equal(JSON.parse(text).gitVersion, 'v1.36.2+sampan')
})

test('discovery comes in both forms, and as 304 to who has it', async () => {
  const client = server.pki.client('root', 'system:masters')
  const accept =
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'
  const whole = await server.ask('/apis', { client, headers: { accept } })
  assert.equal(
    whole.headers['content-type'],
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  )
  const etag = String(whole.headers.etag)
  const again = await server.ask('/apis', { client, headers: { accept, 'if-none-match': etag } })
  assert.equal(again.status, 304)
  assert.equal((await server.ask('/apis', { client })).json()['kind'], 'APIGroupList')
  assert.equal((await server.ask('/apis/apps/v1', { client })).json()['groupVersion'], 'apps/v1')
})

test('what nobody serves is not found', async () => {
  const client = server.pki.client('root', 'system:masters')
  const answer = await server.ask('/nowhere', { client })
  assert.equal(answer.status, 404)
  assert.equal(answer.json()['message'], 'the server could not find the requested resource')
})

test('a body over 3 MiB is refused', async () => {
  const client = server.pki.client('root', 'system:masters')
  const answer = await server.ask('/api/v1/namespaces/default/configmaps', {
    method: 'POST',
    client,
    headers: json,
    body: Buffer.alloc(3 * 1024 * 1024 + 1, 0x20),
  })
  assert.equal(answer.status, 413)
})

test('parts in the same process ask without a socket', async () => {
  const root = server.server.inProcess({ name: 'root', groups: ['system:masters'] })
  const answer = await root.send({ method: 'GET', path: '/api/v1/namespaces/default' })
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body) chunks.push(chunk)
  assert.equal(answer.status, 200)
  assert.equal(JSON.parse(Buffer.concat(chunks).toString()).metadata.name, 'default')
})
