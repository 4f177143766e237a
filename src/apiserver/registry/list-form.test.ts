import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kindEntry } from '../../api/kinds.ts'
import { testClock } from '../../lib/clock.ts'
import { kubernetesProtobuf } from '../protobuf.ts'
import { builtinResource } from './builtin-resource.ts'
import { encodeEntries } from './list-form.ts'
import { type AnswerForm, plainForm } from './negotiate.ts'
import { objectForm } from './object-form.ts'
import { encodeStored } from './stored-bytes.ts'

const resource = builtinResource(kindEntry('ConfigMap'), kubernetesProtobuf)
const metadata = { resourceVersion: '9', continue: 'token', remainingItemCount: 3 }

const entriesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    value: encodeStored(resource.storage.layout, {
      ...{ kind: '', apiVersion: '' },
      metadata: { name: `c-${index}`, creationTimestamp: '2026-01-01T00:00:00Z' },
      data: { text: `line\nof ${index} ü []` },
    }),
    revision: index + 1,
  }))

const protobuf = 'application/vnd.kubernetes.protobuf' as const
const forms: readonly AnswerForm[] = [
  { ...plainForm, isPretty: true },
  { ...plainForm, mediaType: protobuf },
  { ...plainForm, transform: 'Table' },
  { ...plainForm, transform: 'Table', isPretty: true },
  { ...plainForm, transform: 'PartialObjectMetadataList' },
  { ...plainForm, transform: 'PartialObjectMetadataList', mediaType: protobuf },
]

test('a list made item by item is the list made at once, in every form', async () => {
  for (const form of forms)
    for (const count of [0, 1, 3, 120]) {
      const options = { form, query: new URLSearchParams(), clock: testClock() }
      const listForm = objectForm(resource, options)
      const entries = entriesOf(count)
      const items = entries.map(listForm.decode)
      const whole = listForm.encodeList({ metadata, items })
      const expected = typeof whole === 'string' ? Buffer.from(`${whole}\n`) : Buffer.from(whole)
      const parts = await encodeEntries(listForm, metadata, entries)
      assert.equal(Buffer.concat(parts).toString('latin1'), expected.toString('latin1'))
    }
})
