import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../lib/random.ts'
import { registryFixture } from '../registry/registry-fixture.ts'

// Writers and watchers in an order drawn from a seed. Whoever watches, from wherever, sees just
// what the history says, whether it comes from the window, from the store, or as it happens.

const path = '/api/v1/namespaces/default/configmaps'
const names = ['a', 'b', 'c', 'd', 'e']

interface State {
  readonly isOdd: boolean
}

/** One line of history: what changed at a revision, before and after. */
interface Step {
  readonly revision: number
  readonly name: string
  readonly before: State | undefined
  readonly after: State | undefined
}

type Api = Awaited<ReturnType<typeof registryFixture>>

const object = (name: string, isOdd: boolean, value: number) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { odd: String(isOdd) } },
  data: { value: String(value) },
})

async function write(api: Api, history: Step[], below: (limit: number) => number): Promise<void> {
  const name = names[below(names.length)] ?? 'a'
  const before = history.findLast((step) => step.name === name)?.after
  const isOdd = below(2) === 1
  const isDelete = before && below(4) === 0
  const body = object(name, isOdd, history.length)
  if (isDelete) await api.ask(`DELETE ${path}/${name}`)
  else if (before) await api.ask(`PUT ${path}/${name}`, { body })
  else await api.ask(`POST ${path}`, { body })
  api.clock.advance(below(3))
  const revision = await api.store.revision()
  history.push({ revision, name, before, after: isDelete ? undefined : { isOdd } })
}

function expected(history: readonly Step[], from: number, isOddOnly: boolean): string[] {
  const counts = (state: State | undefined) => state !== undefined && (!isOddOnly || state.isOdd)
  return history
    .filter(({ revision }) => revision > from)
    .flatMap(({ revision, name, before, after }) => {
      if (counts(after)) return [`${counts(before) ? 'MODIFIED' : 'ADDED'} ${name} ${revision}`]
      return counts(before) ? [`DELETED ${name} ${revision}`] : []
    })
}

for (const seed of [1, 2, 3, 4]) {
  test(`watchers see the history, seed ${seed}`, async () => {
    await using api = await registryFixture()
    const { below } = seededRandom(seed)
    const history: Step[] = []
    const first = await api.store.revision()
    const watchers: { from: number; isOddOnly: boolean; seen: Promise<string[]> }[] = []
    const total = 300
    for (let step = 0; step < total; step++) {
      await write(api, history, below)
      if (below(10) === 0) watchers.push(await startWatch())
    }
    await api.ask(`POST ${path}`, { body: object('end', true, 0) })
    const revision = await api.store.revision()
    history.push({ revision, name: 'end', before: undefined, after: { isOdd: true } })
    await new Promise(setImmediate)
    api.clock.advance(10)
    for (const { from, isOddOnly, seen } of watchers) {
      assert.deepEqual(await seen, expected(history, from, isOddOnly), `from ${from}`)
    }

    async function startWatch() {
      const now = await api.store.revision()
      const from = first + below(now - first + 1)
      const isOddOnly = below(2) === 1
      const selector = isOddOnly ? '&labelSelector=odd%3Dtrue' : ''
      const events = await api.watch(`${path}?watch=1&resourceVersion=${from}${selector}`)
      return { from, isOddOnly, seen: readAll(events) }
    }

    async function readAll(events: Awaited<ReturnType<Api['watch']>>): Promise<string[]> {
      const seen: string[] = []
      while (!isComplete(seen)) {
        const event = await events.next()
        if (!event) break
        const { name, resourceVersion } = event.object.metadata
        seen.push(`${event.type} ${name} ${resourceVersion}`)
      }
      events.stop()
      return seen
    }

    /** The writer's last words: an object that every watcher sees added at the end. */
    function isComplete(seen: readonly string[]): boolean {
      return seen.at(-1)?.split(' ')[1] === 'end'
    }
  })
}
