// Figure: what one core does in the registry, in process, over the memory store: creates, reads,
// updates, patches, lists of 10,000 objects, watch fan-out. `node bench/registry.ts [SECONDS]`.

import { streamOf } from '../src/apiserver/body.ts'
import { requestOf } from '../src/apiserver/in-process.ts'
import { createRegistry, type Registry } from '../src/apiserver/registry/registry.ts'
import type { ServerAnswer } from '../src/apiserver/request.ts'
import { systemClock } from '../src/lib/clock.ts'
import { systemRandom } from '../src/lib/random.ts'
import { memoryStore } from '../src/store/drivers/memory.ts'

const seconds = Number(process.argv[2] ?? 2)
const concurrency = 32
const user = { name: 'bench', groups: ['system:masters', 'system:authenticated'] }
const configMaps = '/api/v1/namespaces/default/configmaps'
const pods = '/api/v1/namespaces/default/pods'
const json = { 'content-type': 'application/json' }
const merge = { 'content-type': 'application/merge-patch+json' }
const strategic = { 'content-type': 'application/strategic-merge-patch+json' }

const configMap = (name: string, value = '1') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { value, text: 'x'.repeat(500) },
})

const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: 'web', 'pod-template-hash': '5d4f8c7b9' } },
  spec: {
    containers: [
      {
        name: 'main',
        image: 'nginx:1.27',
        ports: [{ containerPort: 80 }],
        env: Array.from({ length: 8 }, (_, index) => ({ name: `KEY_${index}`, value: 'value' })),
        resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
        readinessProbe: { httpGet: { path: '/', port: 80 } },
      },
    ],
  },
})

await using store = await memoryStore()
const ended = new AbortController()
const registry = createRegistry({
  store,
  clock: systemClock,
  random: systemRandom,
  signal: ended.signal,
})

async function ask(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = json,
): Promise<ServerAnswer> {
  return answerOf(
    registry,
    requestOf({ method, path, headers, ...(body && { body: JSON.stringify(body) }) }, user),
  )
}

async function answerOf(
  { handle }: Registry,
  request: Parameters<Registry['handle']>[0],
): Promise<ServerAnswer> {
  const answer = await handle(request)
  if ('upgrade' in answer) throw new Error('unexpected upgrade')
  return answer
}

/** Runs `step` again and again on several lanes at once; prints how often a second. */
async function measure(name: string, step: (index: number) => Promise<unknown>): Promise<void> {
  const started = performance.now()
  const before = process.cpuUsage()
  let count = 0
  const lanes = Array.from({ length: concurrency }, async () => {
    while (performance.now() - started < seconds * 1000) await step(count++)
  })
  await Promise.all(lanes)
  const took = (performance.now() - started) / 1000
  const { user: userUs, system: systemUs } = process.cpuUsage(before)
  const perStepUs = (userUs + systemUs) / count
  print(name, `${Math.round(count / took)}/s`, `${perStepUs.toFixed(1)} us CPU each`)
}

function print(name: string, ...figures: readonly string[]): void {
  process.stdout.write(`${name.padEnd(34)}${figures.map((each) => each.padStart(20)).join('')}\n`)
}

for (const name of ['default', 'many'])
  await ask('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  })
await ask('POST', '/api/v1/namespaces/default/serviceaccounts', {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'default' },
})

await measure('create ConfigMap', (index) => ask('POST', configMaps, configMap(`c-${index}`)))
await measure('create Pod', (index) => ask('POST', pods, pod(`p-${index}`)))
await measure('GET Pod', (index) => ask('GET', `${pods}/p-${index % 1000}`))
await measure('PUT ConfigMap', (index) =>
  ask('PUT', `${configMaps}/c-${index % 1000}`, configMap(`c-${index % 1000}`, String(index))),
)
await measure('merge patch of a Pod', (index) =>
  ask(
    'PATCH',
    `${pods}/p-${index % 1000}`,
    { metadata: { annotations: { n: `${index}` } } },
    merge,
  ),
)
await measure('strategic patch of a Pod', (index) =>
  ask(
    'PATCH',
    `${pods}/p-${index % 1000}`,
    { metadata: { annotations: { s: `${index}` } } },
    strategic,
  ),
)

await fillAndList()
await fanOut(1000)
ended.abort()

async function fillAndList(): Promise<void> {
  const path = '/api/v1/namespaces/many/configmaps'
  for (let index = 0; index < 10_000; index++) {
    await ask('POST', path, {
      ...configMap(`m-${index}`),
      metadata: { name: `m-${index}`, labels: { odd: `${index % 2}` } },
    })
  }
  for (const [name, query] of [
    ['list 10,000 ConfigMaps', ''],
    ['the same, first by label', '?labelSelector=odd%3D1'],
    ['the same, again by label', '?labelSelector=odd%3D1'],
    ['the same, pages of 500', '?limit=500'],
  ] as const) {
    const started = performance.now()
    let bytes = 0
    let next: string | undefined = ''
    while (next !== undefined) {
      const answer = await ask('GET', path + query + next)
      const parts: Uint8Array[] = []
      for await (const part of streamOf(answer.body)) parts.push(part)
      bytes += parts.reduce((sum, part) => sum + part.length, 0)
      const token = /"continue":"([^"]+)"/.exec(Buffer.from(parts[0] ?? []).toString())?.[1]
      next = token && `&continue=${token}`
    }
    const took = performance.now() - started
    print(name, `${took.toFixed(1)} ms`, `${(bytes / 1e6).toFixed(1)} MB`)
  }
}

async function fanOut(watchers: number): Promise<void> {
  const from = await store.revision()
  const stop = new AbortController()
  const writes = 200
  let delivered = 0
  const streams = await Promise.all(
    Array.from({ length: watchers }, async () => {
      const path = `${configMaps}?watch=1&resourceVersion=${from}`
      const request = requestOf({ method: 'GET', path, signal: stop.signal }, user)
      return answerOf(registry, request)
    }),
  )
  const readers = streams.map(async ({ body }) => {
    let seen = 0
    for await (const chunk of streamOf(body)) {
      for (const byte of chunk) if (byte === 10) seen++
      if (seen >= writes) break
    }
    delivered += seen
  })
  const started = performance.now()
  const before = process.cpuUsage()
  for (let index = 0; index < writes; index++) {
    await ask('PUT', `${configMaps}/c-1`, configMap('c-1', `fan ${index}`))
  }
  await Promise.all(readers)
  const took = (performance.now() - started) / 1000
  const { user: userUs } = process.cpuUsage(before)
  stop.abort()
  print(
    `${watchers} watchers, ${writes} changes`,
    `${Math.round(delivered / took)} deliveries/s`,
    `${(userUs / delivered).toFixed(2)} us each`,
  )
}
