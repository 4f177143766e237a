import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Change, Entry } from '../../store.ts'
import { createMirror } from './mirror.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const entry = (key: string, revision: number): Entry => ({
  ...{ key, value: bytes(`${revision}`), revision, createRevision: revision },
})
const put = (key: string, revision: number, previous?: Entry): Change => ({
  ...{ type: 'put', key, value: bytes(`${revision}`), revision },
  ...(previous && { previous }),
})
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Readings that give their pages when the test says so. */
function reading() {
  const pages: { entries: Entry[]; revision: number }[][] = []
  const gates: (() => void)[] = []
  return {
    async *read() {
      const own = pages.length
      pages.push([])
      await new Promise<void>((resolve) => {
        gates[own] = resolve
      })
      yield* pages[own] ?? []
    },
    async finish(at: number, revision: number, ...entries: Entry[]) {
      pages[at]?.push({ entries, revision })
      gates[at]?.()
      await turn()
    },
    get count() {
      return pages.length
    },
  }
}

test('what changes while the mirror is read is in it afterwards, once', async () => {
  const source = reading()
  const mirror = createMirror(source)
  assert.equal(await mirror.at(1), undefined)
  mirror.accept([put('/a', 4)])
  mirror.accept([put('/b', 5), put('/c', 5)])
  await source.finish(0, 4, entry('/a', 4))
  const versions = await mirror.at(5)
  assert.deepEqual(
    versions?.range('/', {}).entries.map(({ key, revision }) => [key, revision]),
    [
      ['/a', 4],
      ['/b', 5],
      ['/c', 5],
    ],
  )
  assert.equal(versions?.revision, 5)
  await mirror.close()
})

test('a read waits until the mirror is as far, and asks etcd when the feed breaks', async () => {
  const source = reading()
  const mirror = createMirror(source)
  await source.finish(0, 4, entry('/a', 4))
  const [soon, never] = [mirror.at(5), mirror.at(9)]
  mirror.accept([put('/a', 5, entry('/a', 4))])
  assert.equal((await soon)?.get('/a')?.revision, 5)
  mirror.stall()
  assert.equal(await never, undefined)
  assert.equal((await mirror.at(5))?.get('/a')?.createRevision, 4)
  await mirror.close()
})

test('a mirror that missed changes is of no use until it is read anew', async () => {
  const source = reading()
  const mirror = createMirror(source)
  await source.finish(0, 4, entry('/a', 4))
  mirror.lose()
  assert.equal(await mirror.at(4), undefined)
  assert.equal(source.count, 2)
  await source.finish(1, 9, entry('/b', 8))
  assert.deepEqual(
    (await mirror.at(9))?.range('/', {}).entries.map(({ key }) => key),
    ['/b'],
  )
  await mirror.close()
})

test('a reading that fails is tried again at the next change', async () => {
  let isDown = true
  const mirror = createMirror({
    async *read() {
      if (isDown) throw new Error('no answer')
      yield { entries: [entry('/a', 4)], revision: 4 }
    },
  })
  await turn()
  isDown = false
  assert.equal(await mirror.at(4), undefined)
  mirror.accept([put('/a', 4)])
  await turn()
  assert.equal((await mirror.at(4))?.get('/a')?.revision, 4)
  await mirror.close()
})

test('the past is known as far as it was seen, and not before what is forgotten', async () => {
  const source = reading()
  const mirror = createMirror(source)
  await source.finish(0, 4, entry('/a', 4))
  mirror.accept([put('/a', 5, entry('/a', 4))])
  assert.equal(mirror.knowing(3), undefined)
  assert.equal(mirror.knowing(4)?.get('/a', 4)?.revision, 4)
  assert.equal(mirror.knowing(6), undefined)
  // Compacted further than the feed has come: it counts from now on.
  mirror.forget(6)
  assert.equal(mirror.knowing(5), undefined)
  mirror.accept([put('/a', 6), put('/a', 7)])
  assert.equal(mirror.knowing(6)?.get('/a', 6)?.revision, 6)
  await mirror.close()
})
