import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import type { APIService } from '../../api/types.gen.ts'
import { systemClock } from '../../lib/clock.ts'
import { systemRandom } from '../../lib/random.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import { createRegistry } from '../registry/registry.ts'
import { createDialer, type Dialer } from '../streaming/backend.ts'
import { runKubectl, withoutKubectl } from '../testing/test-kubectl.ts'
import { createTestPki } from '../testing/test-pki.ts'
import {
  type Answer,
  type AskOptions,
  startTestServer,
  type TestServer,
} from '../testing/test-server.ts'
import { type ExtensionServer, startExtensionServer } from './extension-fixture.ts'

const ended = new AbortController()
const frontProxyPki = createTestPki()
const frontProxy = frontProxyPki.client('front-proxy-client')
let extension: ExtensionServer
let server: TestServer
let home = ''

/** ClusterIPs lead nowhere on this machine: they lead to the extension server. */
function dialerTo(port: () => number): Dialer {
  const real = createDialer()
  const redirected = (backend: Parameters<Dialer['send']>[0]) =>
    backend.host.startsWith('10.96.') ? { ...backend, host: '127.0.0.1', port: port() } : backend
  return {
    send: (backend, path, request) => real.send(redirected(backend), path, request),
    upgrade: (backend, path, request) => real.upgrade(redirected(backend), path, request),
    close: real.close,
  }
}

before(async () => {
  extension = await startExtensionServer({ proxyCa: frontProxyPki.ca })
  const registry = createRegistry({
    store: await memoryStore(),
    clock: systemClock,
    random: systemRandom,
    signal: ended.signal,
  })
  const pki = createTestPki()
  server = await startTestServer({
    registry,
    pki,
    tls: {
      ...pki.server,
      clientCa: pki.ca,
      frontProxy: { ca: frontProxyPki.ca, allowedNames: ['front-proxy-client'] },
    },
    frontProxy,
    dialer: dialerTo(() => extension.port),
  })
  home = await mkdtemp(join(tmpdir(), 'aggregation-'))
  await writeFile(join(home, 'config'), JSON.stringify(kubeconfig(server)))
})

after(async () => {
  ended.abort()
  await server[Symbol.asyncDispose]()
  await extension[Symbol.asyncDispose]()
  await rm(home, { recursive: true })
})

function kubeconfig({ url, pki }: TestServer): object {
  const encode = (text: string) => Buffer.from(text).toString('base64')
  const { cert, key } = pki.client('admin', 'system:masters')
  return {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'test' },
    clusters: [
      { name: 'test', cluster: { server: url, 'certificate-authority-data': encode(pki.ca) } },
    ],
    users: [
      {
        name: 'test',
        user: { 'client-certificate-data': encode(cert), 'client-key-data': encode(key) },
      },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  }
}

const ask = (path: string, options: AskOptions = {}): Promise<Answer> =>
  server.ask(path, { client: server.pki.client('admin', 'system:masters'), ...options })

async function create(path: string, object: object): Promise<void> {
  const body = JSON.stringify(object)
  const headers = { 'content-type': 'application/json' }
  const answer = await ask(path, { method: 'POST', headers, body })
  assert.equal(answer.status, 201, answer.text)
}

/** Looks until it is so: the test's own timeout is the limit. */
async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look()
    if (isSo(seen)) return seen
    await delay(10)
  }
}

const name = 'v1alpha1.wardle.example.com'
const apiServices = '/apis/apiregistration.k8s.io/v1/apiservices'
const group = '/apis/wardle.example.com/v1alpha1'
const flunders = `${group}/namespaces/default/flunders`

async function availability(of = name): Promise<string> {
  const service = (await ask(`${apiServices}/${of}`)).json<APIService>()
  return (service.status?.conditions ?? [])
    .map(({ status, reason, message }) => `${status} ${reason}: ${message}`)
    .join()
}

const apiService = () => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name },
  spec: {
    group: 'wardle.example.com',
    version: 'v1alpha1',
    service: { namespace: 'wardle', name: 'api' },
    caBundle: Buffer.from(extension.ca).toString('base64'),
    groupPriorityMinimum: 17_820,
    versionPriority: 200,
  },
})

const slices = '/apis/discovery.k8s.io/v1/namespaces/wardle/endpointslices'
const slice = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'api-1', labels: { 'kubernetes.io/service-name': 'api' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.0.0.1'] }],
  ports: [{ name: '', port: 8443 }],
}

interface GroupDiscovery {
  readonly metadata: { readonly name: string }
  readonly versions: readonly {
    readonly version: string
    readonly freshness: string
    readonly resources: readonly { readonly resource: string }[]
  }[]
}

async function discovered(): Promise<readonly GroupDiscovery[]> {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  return (await ask('/apis', { headers: { accept } })).json<{ items: GroupDiscovery[] }>().items
}

const wardleIn = (groups: readonly GroupDiscovery[]) =>
  groups
    .find(({ metadata }) => metadata.name === 'wardle.example.com')
    ?.versions.map(({ version, freshness, resources }) =>
      [version, freshness, ...resources.map(({ resource }) => resource)].join(' '),
    )

test('an APIService says step by step what is missing until its server answers', async () => {
  await create('/api/v1/namespaces', { metadata: { name: 'wardle' } })
  await create(apiServices, apiService())
  const absent = 'False ServiceNotFound: service/api in "wardle" is not present'
  await until(availability, (text) => text === absent)
  const refused = await ask(flunders)
  assert.deepEqual([refused.status, refused.text], [503, 'service unavailable\n'])
  assert.deepEqual(wardleIn(await discovered()), ['v1alpha1 Stale'])
  await create('/api/v1/namespaces/wardle/services', {
    metadata: { name: 'api' },
    spec: { ports: [{ port: 80 }] },
  })
  const deaf = 'False ServicePortError: service/api in "wardle" is not listening on port 443'
  await until(availability, (text) => text === deaf)
  await ask('/api/v1/namespaces/wardle/services/api', {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ spec: { ports: [{ port: 443, targetPort: 8443 }] } }),
  })
  const empty = 'False EndpointsNotFound: cannot find endpointslices for service/api in "wardle"'
  await until(availability, (text) => text === empty)
  await create(slices, slice)
  await until(availability, (text) => text === 'True Passed: all checks passed')
})

test('a request goes to the server of its group, and says for whom', async () => {
  const answer = await server.ask(`${flunders}?limit=5`, {
    client: server.pki.client('ada', 'system:masters', 'dev'),
    headers: { 'x-remote-user': 'mallory', authorization: 'Bearer secret' },
  })
  assert.equal(answer.status, 200)
  assert.equal(answer.json().kind, 'FlunderList')
  const seen = extension.seen.findLast(({ line }) => line === `GET ${flunders}?limit=5`)
  const { headers = {}, proxy } = seen ?? {}
  assert.equal(proxy, 'front-proxy-client')
  assert.equal(headers['x-remote-user'], 'ada')
  assert.equal(headers['x-remote-group'], 'system:masters, dev, system:authenticated')
  assert.match(
    String(headers['x-remote-extra-authentication.kubernetes.io%2fcredential-id']),
    /^X509SHA256=/,
  )
  assert.equal(headers.authorization, undefined)
  assert.equal(headers['x-forwarded-for'], '127.0.0.1')
})

test('bodies, answers and errors pass as they are', async () => {
  await create(flunders, { kind: 'Flunder', metadata: { name: 'new' } })
  const body = '{"gracePeriodSeconds":0}'
  const deleted = await ask(`${flunders}/new`, {
    method: 'DELETE',
    headers: { 'content-length': String(body.length) },
    body,
  })
  assert.equal(deleted.json().details, body)
  assert.equal((await ask(`${flunders}/missing`)).status, 404)
  const forbidden = await server.ask(flunders, { client: server.pki.client('bob') })
  assert.equal(
    forbidden.json().message,
    'flunders.wardle.example.com is forbidden: User "bob" cannot list resource "flunders" in API group "wardle.example.com" in the namespace "default"',
  )
})

test('a watch streams, from sockets and in process', async () => {
  const transport = server.server.inProcess({ name: 'gc', groups: ['system:masters'] })
  const ending = new AbortController()
  const { status, body } = await transport.send({
    method: 'GET',
    path: `${flunders}?watch=true`,
    signal: ending.signal,
  })
  assert.equal(status, 200)
  for await (const chunk of body) {
    assert.equal(JSON.parse(Buffer.from(chunk).toString()).type, 'ADDED')
    break
  }
  ending.abort()
  const deleted = await transport.send({ method: 'DELETE', path: `${flunders}/x`, body: '{"a":1}' })
  const chunks: Uint8Array[] = []
  for await (const chunk of deleted.body) chunks.push(chunk)
  assert.equal(JSON.parse(Buffer.concat(chunks).toString()).details, '{"a":1}')
})

test('an upgraded connection is handed over', async () => {
  const { cert, key } = server.pki.client('admin', 'system:masters')
  const socket = connect({ port: server.port, host: '127.0.0.1', ca: server.pki.ca, cert, key })
  socket.write(
    `GET ${flunders}/a/exec HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\nhello`,
  )
  let text = ''
  for await (const chunk of socket) {
    text += chunk
    if (text.endsWith('hello')) break
  }
  socket.destroy()
  assert.match(text, /^HTTP\/1.1 101 /)
  const seen = extension.seen.findLast(({ line }) => line === `GET ${flunders}/a/exec`)
  assert.equal(seen?.headers['x-remote-user'], 'admin')
})

test('discovery and OpenAPI hold what the other server says, in the order of priorities', async () => {
  await until(discovered, (groups) => wardleIn(groups)?.[0] === 'v1alpha1 Current flunders')
  const names = (await discovered()).map(({ metadata }) => metadata.name)
  assert.deepEqual(names.slice(0, 4), [
    'apiregistration.k8s.io',
    'wardle.example.com',
    'apps',
    'events.k8s.io',
  ])
  const { groups } = (await ask('/apis')).json<{ groups: { name: string }[] }>()
  assert.deepEqual(
    groups.map((one) => one.name),
    names,
  )
  assert.deepEqual((await ask('/apis/wardle.example.com')).json(), {
    kind: 'APIGroup',
    apiVersion: 'v1',
    name: 'wardle.example.com',
    versions: [{ groupVersion: 'wardle.example.com/v1alpha1', version: 'v1alpha1' }],
    preferredVersion: { groupVersion: 'wardle.example.com/v1alpha1', version: 'v1alpha1' },
  })
  assert.equal((await ask(group)).json().groupVersion, 'wardle.example.com/v1alpha1')
  const v3 = (await ask('/openapi/v3')).json<{ paths: Record<string, unknown> }>().paths
  assert.deepEqual(v3[group.slice(1)], { serverRelativeURL: `/openapi/v3${group}?hash=AB` })
  assert.deepEqual((await ask(`/openapi/v3${group}?hash=AB`)).json().info, { title: 'wardle' })
  type Spec = { paths: object; definitions: object }
  const { paths, definitions } = (await ask('/openapi/v2')).json<Spec>()
  assert.ok(`${group}/flunders` in paths && '/api/v1/pods' in paths)
  const theirs = Object.keys(definitions).filter((one) => /wardle|io.k8s.Meta|unused/.test(one))
  assert.deepEqual(theirs, ['com.example.wardle.v1alpha1.Flunder', 'io.k8s.Meta'])
})

test('kubectl lists, asks and finds the group', { skip: withoutKubectl }, async () => {
  const listed = await runKubectl(home, `get apiservices ${name} v1.apps --no-headers`)
  assert.deepEqual(
    listed.out.split('\n').map((line) => line.split(/\s+/).slice(0, 3)),
    [[name, 'wardle/api', 'True'], ['v1.apps', 'Local', 'True'], ['']],
  )
  const raw = await runKubectl(home, `get --raw ${flunders}`)
  assert.equal(JSON.parse(raw.out).kind, 'FlunderList')
  const resources = await runKubectl(home, 'api-resources --api-group=wardle.example.com -o name')
  assert.equal(resources.out, 'flunders.wardle.example.com\n')
  const got = await runKubectl(home, 'get flunders -o name')
  assert.equal(got.out, 'flunder.wardle.example.com/first\n')
})

test('conditions of others stay beside that of availability', async () => {
  const place = `${apiServices}/${name}`
  const current = (await ask(`${place}/status`)).json<APIService>()
  const conditions = [
    ...(current.status?.conditions ?? []),
    { type: 'StatusUpdated', status: 'True', reason: 'E2E', message: 'Set from a test' },
  ]
  const put = await ask(`${place}/status`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...current, status: { conditions } }),
  })
  assert.equal(put.status, 200, put.text)
  await ask(`${slices}/api-1`, { method: 'DELETE' })
  const types = async () => {
    const { status } = (await ask(place)).json<APIService>()
    return (status?.conditions ?? []).map((one) => `${one.type} ${one.status}`).join()
  }
  await until(types, (text) => text === 'Available False,StatusUpdated True')
  await create(slices, slice)
  await until(types, (text) => text === 'Available True,StatusUpdated True')
  const wrong = await ask(`${place}/status`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({ status: { conditions: [{ type: 'A', status: 'Maybe' }] } }),
  })
  assert.equal(wrong.status, 422)
  assert.match(
    String(wrong.json().message),
    /status.conditions\[0\].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"/,
  )
})

test('a server that is not believed is not asked', async () => {
  const patch = (caBundle: string) =>
    ask(`${apiServices}/${name}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ spec: { caBundle } }),
    })
  await patch(Buffer.from(server.pki.ca).toString('base64'))
  const refused = await until(
    () => ask(flunders),
    ({ status }) => status === 503,
  )
  assert.equal(
    refused.text,
    'tls: failed to verify certificate: x509: certificate signed by unknown authority\n',
  )
  await patch(Buffer.from(extension.ca).toString('base64'))
  await until(
    () => ask(flunders),
    ({ status }) => status === 200,
  )
})

test('a server without endpoints is stale in discovery, and gone with its APIService', async () => {
  await ask(`${slices}/api-1`, { method: 'DELETE' })
  await until(availability, (text) => text.startsWith('False EndpointsNotFound'))
  await until(discovered, (groups) => wardleIn(groups)?.[0]?.startsWith('v1alpha1 Stale') === true)
  assert.equal((await ask(group)).status, 503)
  await ask(`${apiServices}/${name}`, { method: 'DELETE' })
  await until(discovered, (groups) => wardleIn(groups) === undefined)
  assert.equal((await ask(flunders)).status, 404)
})

test('groups of custom resources are registered, and again when somebody removes them', async () => {
  await create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'wheels.cars.example.com' },
    spec: {
      group: 'cars.example.com',
      scope: 'Namespaced',
      names: { plural: 'wheels', kind: 'Wheel' },
      versions: [
        {
          ...{ name: 'v1', served: true, storage: true },
          schema: { openAPIV3Schema: { type: 'object' } },
        },
      ],
    },
  })
  const place = `${apiServices}/v1.cars.example.com`
  const look = () => ask(place)
  const found = await until(look, ({ status }) => status === 200)
  const { metadata, spec } = found.json<APIService>()
  assert.deepEqual(metadata.labels, { 'kube-aggregator.kubernetes.io/automanaged': 'true' })
  assert.deepEqual(spec, {
    group: 'cars.example.com',
    version: 'v1',
    groupPriorityMinimum: 1000,
    versionPriority: 100,
  })
  await ask(place, { method: 'DELETE' })
  await until(look, (answer) => answer.status === 200)
  await ask('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/wheels.cars.example.com', {
    method: 'DELETE',
  })
  await until(look, (answer) => answer.status === 404)
})

test('a front proxy speaks for users; anybody else does not', async () => {
  const review = async (client: { cert: string; key: string }, headers: Record<string, string>) => {
    const answer = await server.ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      method: 'POST',
      client,
      headers: { 'content-type': 'application/json', ...headers },
      body: '{}',
    })
    const { status } = answer.json<{ status?: { userInfo?: object } }>()
    return status?.userInfo ?? answer.status
  }
  const asAda = { 'x-remote-user': 'ada', 'x-remote-group': 'dev', 'x-remote-extra-a%2fb': 'c' }
  assert.deepEqual(await review(frontProxy, asAda), {
    username: 'ada',
    groups: ['dev', 'system:authenticated'],
    extra: { 'a/b': ['c'] },
  })
  assert.equal(await review(frontProxy, {}), 401)
  assert.equal(await review(frontProxyPki.client('somebody'), asAda), 401)
  const bob = (await review(server.pki.client('bob'), asAda)) as { username?: string }
  assert.equal(bob.username, 'bob')
  const path = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication'
  const { data } = (await ask(path)).json<{ data: Record<string, string> }>()
  assert.deepEqual(data, {
    'client-ca-file': server.pki.ca,
    'requestheader-allowed-names': '["front-proxy-client"]',
    'requestheader-client-ca-file': frontProxyPki.ca,
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-uid-headers': '["X-Remote-Uid"]',
    'requestheader-username-headers': '["X-Remote-User"]',
  })
})

test('an APIService that names no group and version well is refused', async () => {
  const spec = { group: 'Wardle', version: 'v1', groupPriorityMinimum: 0, versionPriority: 1 }
  const answer = await ask(apiServices, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metadata: { name: 'v1.wardle' }, spec: { ...spec, caBundle: 'YWI=' } }),
  })
  const { details } = answer.json<{ details: { causes: { field: string; message: string }[] } }>()
  assert.deepEqual(
    details.causes.map(({ field }) => field),
    ['metadata.name', 'spec.group', 'spec.groupPriorityMinimum', 'spec.caBundle'],
  )
  assert.equal(
    details.causes[3]?.message,
    'Invalid value: "2 bytes": local APIServices may not have a caBundle',
  )
})
