import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryStore } from '../../store/drivers/memory.ts'
import { SlowWatcher } from '../../store/store.ts'
import { registryFixture } from '../registry/registry-fixture.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('a watch that begins while the store is asked anew misses nothing: it ends, or sees all', async () => {
  const store = await memoryStore()
  let breakWatch = () => {}
  let isFirst = true
  await using api = await registryFixture({
    store: {
      ...store,
      async *watch(prefix, options) {
        if (prefix.includes('configmaps') && isFirst) {
          isFirst = false
          await new Promise<void>((resolve) => {
            breakWatch = resolve
          })
          throw new SlowWatcher('too slow')
        }
        yield* store.watch(prefix, options)
      },
    },
  })
  const first = await api.watch(`${configMaps}?watch=1`)
  const firstEnd = first.next()
  await turn()
  const { json } = await api.ask(`GET ${configMaps}`)
  breakWatch()
  assert.equal(await firstEnd, undefined)
  await api.ask(`POST ${configMaps}`, { body: configMap('a') })
  const from = json.metadata.resourceVersion
  const second = await api.watch(`${configMaps}?watch=1&resourceVersion=${from}`)
  const next = second.next()
  await turn()
  api.clock.advance(100)
  await turn()
  await api.ask(`POST ${configMaps}`, { body: configMap('b') })
  const event = await next
  assert.ok(event === undefined || event.object.metadata.name === 'a', JSON.stringify(event))
  second.stop()
})
