import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { FlowSchema } from '../../api/types.gen.ts'
import { systemClock } from '../../lib/clock.ts'
import { systemRandom } from '../../lib/random.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import { createRegistry } from '../registry/registry.ts'
import { type AskOptions, startTestServer, type TestServer } from '../testing/test-server.ts'
import { Histogram, renderFamilies } from './exposition.ts'

const ended = new AbortController()
let server: TestServer

before(async () => {
  const registry = createRegistry({
    store: await memoryStore(),
    clock: systemClock,
    random: systemRandom,
    signal: ended.signal,
  })
  server = await startTestServer({ registry, tokenFile: 'noxu,noxu,uid-1,dev\n' })
})

after(async () => {
  ended.abort()
  await server[Symbol.asyncDispose]()
})

const ask = (path: string, options: AskOptions = {}) =>
  server.ask(path, { client: server.pki.client('admin', 'system:masters'), ...options })

const send = (method: string, path: string, body: object) =>
  ask(path, {
    method,
    headers: {
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    },
    body: JSON.stringify(body),
  })

/** The value of a sample whose labels contain those given. */
async function sample(name: string, labels: Record<string, string> = {}): Promise<number> {
  const { text } = await ask('/metrics')
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`)
  const line = text
    .split('\n')
    .find(
      (each) =>
        (each.startsWith(`${name}{`) || each.startsWith(`${name} `)) &&
        wanted.every((pair) => each.includes(pair)),
    )
  return Number(line?.split(' ').at(-1))
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(10)
}

test('samples are written as Prometheus reads them', () => {
  const seconds = new Histogram([0.1, 1])
  for (const value of [0.05, 0.1, 0.5, 3]) seconds.observe(value)
  const families = [
    {
      name: 'a_total',
      type: 'counter',
      help: 'All.',
      samples: [{ labels: { x: 'a"\n\\' }, value: 2 }],
    },
    { name: 'b', type: 'histogram', help: 'Times.', samples: [{ labels: {}, value: seconds }] },
  ] as const
  assert.equal(
    renderFamilies(families),
    [
      '# HELP a_total All.',
      '# TYPE a_total counter',
      'a_total{x="a\\"\\n\\\\"} 2',
      '# HELP b Times.',
      '# TYPE b histogram',
      'b_bucket{le="0.1"} 2',
      'b_bucket{le="1"} 3',
      'b_bucket{le="+Inf"} 4',
      'b_sum 3.65',
      'b_count 4',
      '',
    ].join('\n'),
  )
})

test('requests are counted by verb, resource, scope and code', async () => {
  const labels = { group: '', version: 'v1', resource: 'configmaps', component: 'apiserver' }
  const path = '/api/v1/namespaces/default/configmaps'
  await send('POST', path, { metadata: { name: 'a' } })
  await ask(`${path}/a`)
  await ask(`${path}/none`)
  await ask(path)
  const total = (more: Record<string, string>) =>
    sample('apiserver_request_total', { ...labels, ...more })
  assert.equal(await total({ verb: 'POST', scope: 'resource', code: '201' }), 1)
  assert.equal(await total({ verb: 'GET', scope: 'resource', code: '200' }), 1)
  assert.equal(await total({ verb: 'GET', scope: 'resource', code: '404' }), 1)
  assert.equal(await total({ verb: 'LIST', scope: 'namespace', code: '200' }), 1)
  const seconds = 'apiserver_request_duration_seconds_count'
  assert.equal(await sample(seconds, { ...labels, verb: 'GET' }), 2)
  await ask('/apis/made.up/v1/things')
  const { text } = await ask('/metrics')
  assert.equal(text.includes('made.up'), false)
})

test('streams are counted while they run', async () => {
  const labels = { verb: 'WATCH', resource: 'secrets' }
  const watch = ask('/api/v1/secrets?watch=true&timeoutSeconds=1')
  await until(async () => (await sample('apiserver_longrunning_requests', labels)) === 1)
  await watch
  await until(async () => Number.isNaN(await sample('apiserver_longrunning_requests', labels)))
})

test('events of watches are counted as they are sent, by resource', async () => {
  const path = '/api/v1/namespaces/default/endpoints'
  await send('POST', path, { metadata: { name: 'a' } })
  await send('POST', path, { metadata: { name: 'b' } })
  const initial =
    'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
  const watches = [path, '/api/v1/endpoints'].map((each) =>
    ask(`${each}?watch=true&timeoutSeconds=1&${initial}`),
  )
  const labels = { group: '', version: 'v1', resource: 'endpoints' }
  const lines = (await Promise.all(watches)).map(({ text }) => text.trim().split('\n').length)
  const events = lines.reduce((sum, each) => sum + each)
  assert.ok(events >= 6)
  assert.equal(await sample('apiserver_watch_events_total', labels), events)
  assert.equal(await sample('apiserver_watch_events_sizes_count', labels), events)
})

test('objects, the process and the version are told', async () => {
  const { items } = (await ask('/api/v1/configmaps')).json<{ items: unknown[] }>()
  const resource = { resource: 'configmaps' }
  assert.equal(await sample('apiserver_storage_objects', resource), items.length)
  assert.ok((await sample('apiserver_resource_objects', { group: 'apiextensions.k8s.io' })) === 0)
  assert.ok((await sample('process_resident_memory_bytes')) > 1e6)
  assert.ok((await sample('process_start_time_seconds')) > 1e9)
  assert.ok((await sample('process_open_fds')) > 3)
  assert.equal(await sample('apiserver_current_inflight_requests', { request_kind: 'readOnly' }), 1)
  assert.equal(await sample('kubernetes_build_info', { major: '1' }), 1)
  assert.equal(await sample('aggregator_unavailable_apiservice', { name: 'v1.apps' }), 0)
})

const group = '/apis/flowcontrol.apiserver.k8s.io/v1'

const flowSchema = {
  metadata: { name: 'testing' },
  spec: {
    priorityLevelConfiguration: { name: 'testing' },
    matchingPrecedence: 1000,
    distinguisherMethod: { type: 'ByUser' },
    rules: [
      {
        subjects: [{ kind: 'User', user: { name: 'noxu' } }],
        nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      },
    ],
  },
}

async function danglingOf(name: string): Promise<string> {
  const schema = (await ask(`${group}/flowschemas/${name}`)).json<FlowSchema>()
  const found = schema.status?.conditions?.find(({ type }) => type === 'Dangling')
  return `${found?.status} ${found?.reason}: ${found?.message}`
}

test('a flow schema says whether its level exists, and sorts requests once it does', async () => {
  const { metadata } = (await send('POST', `${group}/flowschemas`, flowSchema)).json<FlowSchema>()
  const named = 'This FlowSchema references the PriorityLevelConfiguration object named "testing"'
  const missing = `True NotFound: ${named} but there is no such object`
  await until(async () => (await danglingOf('testing')) === missing)
  const headers = { authorization: 'Bearer noxu' }
  const asNoxu = async () => (await server.ask('/version', { headers })).headers
  assert.notEqual((await asNoxu())['x-kubernetes-pf-flowschema-uid'], metadata.uid)
  const level = await send('POST', `${group}/prioritylevelconfigurations`, {
    metadata: { name: 'testing' },
    spec: {
      type: 'Limited',
      limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } },
    },
  })
  await until(async () => (await danglingOf('testing')) === `False Found: ${named} and it exists`)
  const sorted = await asNoxu()
  assert.equal(sorted['x-kubernetes-pf-flowschema-uid'], metadata.uid)
  const { uid } = level.json<{ metadata: { uid: string } }>().metadata
  assert.equal(sorted['x-kubernetes-pf-prioritylevel-uid'], uid)
  const labels = { priority_level: 'testing' }
  assert.equal(await sample('apiserver_flowcontrol_nominal_limit_seats', labels), 3)
  assert.ok((await sample('apiserver_flowcontrol_dispatched_requests_total', labels)) >= 1)
})

test('refused requests say to which level they belong, too', async () => {
  const forbidden = await server.ask('/api/v1/secrets', {
    headers: { authorization: 'Bearer noxu' },
  })
  assert.equal(forbidden.status, 403)
  assert.ok(forbidden.headers['x-kubernetes-pf-flowschema-uid'])
})

test('objects without which there is no order are put back', async () => {
  const place = `${group}/prioritylevelconfigurations/catch-all`
  await ask(place, { method: 'DELETE' })
  await until(async () => (await ask(place)).status === 200)
  await send('PATCH', `${group}/flowschemas/global-default`, { spec: { matchingPrecedence: 5 } })
  await until(async () => {
    const schema = (await ask(`${group}/flowschemas/global-default`)).json<FlowSchema>()
    return schema.spec?.matchingPrecedence === 9900
  })
  // Nothing is written again and again.
  const version = async () => {
    const schema = (await ask(`${group}/flowschemas/exempt`)).json<FlowSchema>()
    return schema.metadata.resourceVersion
  }
  const before = await version()
  await send('PATCH', `${group}/flowschemas/exempt`, { metadata: { labels: { a: 'b' } } })
  const after = await version()
  await ask('/readyz')
  assert.notEqual(after, before)
  assert.equal(await version(), after)
})

test('health has its checks by name', async () => {
  const verbose = (await ask('/readyz?verbose&exclude=etcd&exclude=none')).text.split('\n')
  assert.deepEqual(verbose.slice(0, 5), [
    '[+]ping ok',
    '[+]log ok',
    '[+]etcd excluded: ok',
    '[+]informer-sync ok',
    '[+]poststarthook/rbac/bootstrap-roles ok',
  ])
  assert.deepEqual(verbose.slice(-4), [
    '[+]shutdown ok',
    'warn: some health checks cannot be excluded: no matches for "none"',
    'readyz check passed',
    '',
  ])
  assert.equal((await ask('/livez/poststarthook/rbac/bootstrap-roles')).text, 'ok')
  assert.equal((await ask('/readyz/autoregister-completion')).text, 'ok')
})

test('the index names what is served', async () => {
  const { paths } = (await ask('/')).json<{ paths: string[] }>()
  for (const path of ['/metrics', '/healthz/etcd', '/readyz/shutdown', '/openapi/v2', '/version'])
    assert.ok(paths.includes(path), path)
})
