import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chunksOf } from '../body.ts'
import { listBody } from './list-body.ts'
import { encodeStored, layoutOf } from './stored-bytes.ts'

const layout = layoutOf({ kind: 'ConfigMap', apiVersion: 'v1' })
const around = { before: '{"items":[', after: ']}\n' }

const entryOf = ({ text, revision }: { text: string; revision: number }) => ({
  value: encodeStored(layout, { kind: '', apiVersion: '', metadata: { name: text }, data: text }),
  revision,
})

const facts = fc.array(
  fc.record({
    text: fc.string({ unit: 'grapheme', maxLength: 30 }),
    revision: fc.oneof(fc.constantFrom(1, 9, 10, 99, 100, 999_999_999), fc.nat({ max: 2 ** 40 })),
  }),
  { maxLength: 20 },
)

test('in buffers of any size a list is the same, and as long as it says', () => {
  fc.assert(
    fc.property(facts, fc.integer({ min: 1, max: 400 }), (listed, size) => {
      // Large enough not to be one buffer at once.
      const wide = { ...around, after: `${around.after}${' '.repeat(40_000)}` }
      const body = listBody(layout, listed.map(entryOf), wide)
      assert.ok('read' in body)
      const parts: Buffer[] = []
      for (let buffer = Buffer.alloc(size), used = body.read(buffer); used > 0; ) {
        parts.push(buffer.subarray(0, used))
        buffer = Buffer.alloc(size)
        used = body.read(buffer)
      }
      const bytes = Buffer.concat(parts)
      assert.equal(bytes.length, body.byteLength)
      const items = listed.map(({ text, revision }) => ({
        metadata: { resourceVersion: String(revision), name: text },
        data: text,
      }))
      assert.deepEqual(JSON.parse(bytes.toString()), { items })
    }),
    { numRuns: 100 },
  )
})

test('a short list is one buffer', () => {
  const body = listBody(layout, [entryOf({ text: 'a', revision: 7 })], around)
  const text = '{"items":[{"metadata":{"resourceVersion":"7","name":"a"},"data":"a"}]}\n'
  assert.equal(Buffer.concat([...chunksOf(body)]).toString(), text)
  assert.ok(body instanceof Uint8Array)
})
