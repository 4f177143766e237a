import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryStore } from '../../store/drivers/memory.ts'
import { StoreUnavailable } from '../../store/store.ts'
import { registryFixture } from '../registry/registry-fixture.ts'

test('a watch that the store gives no answer to ends with an error that says so', async () => {
  const store = await memoryStore()
  let isDown = false
  await using api = await registryFixture({
    store: {
      ...store,
      async revision() {
        if (isDown) throw new StoreUnavailable('nobody answers')
        return store.revision()
      },
    },
  })
  isDown = true
  const watch = await api.watch('/api/v1/configmaps?watch=1')
  const { type, object } = await watch.next()
  assert.deepEqual([type, object.code, object.message], ['ERROR', 504, 'Timeout: nobody answers'])
  assert.equal(await watch.next(), undefined)
})
