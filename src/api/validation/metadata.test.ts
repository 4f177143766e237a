import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft } from '../draft.ts'
import { createErrors, updateErrors } from './validation-fixture.ts'

const dnsForm = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomain = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${dnsForm}(\\.${dnsForm})*')`

test('says what is wrong with metadata', () => {
  const cases: readonly (readonly [Draft, readonly string[]])[] = [
    [{ name: 'A' }, [`metadata.name: Invalid value: "A": ${subdomain}`]],
    [{ name: null }, ['metadata.name: Required value: name or generateName is required']],
    [{ namespace: null }, ['metadata.namespace: Required value']],
    [
      { labels: { a: '-' } },
      [
        "metadata.labels: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ],
    ],
    [
      { annotations: { a: 'x'.repeat(262_144) } },
      ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    ],
    [
      { finalizers: ['mine'] },
      [
        'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ],
    ],
    [
      { finalizers: ['orphan', 'foregroundDeletion'] },
      [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    ],
    [
      { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod' }] },
      [
        'metadata.ownerReferences[0].name: Required value: must not be empty',
        'metadata.ownerReferences[0].uid: Required value: must not be empty',
      ],
    ],
  ]
  for (const [metadata, expected] of cases) {
    assert.deepEqual(createErrors('ConfigMap', { metadata }), expected)
  }
  assert.deepEqual(createErrors('Node', { metadata: { namespace: 'x' } }), [
    'metadata.namespace: Forbidden: not allowed on this type',
  ])
})

test('keeps what identifies an object, and finalizers of one that is going', () => {
  assert.deepEqual(updateErrors('ConfigMap', { metadata: { uid: 'other' } }), [
    'metadata.uid: Invalid value: "other": field is immutable',
  ])
  assert.deepEqual(updateErrors('ConfigMap', { metadata: { resourceVersion: null } }), [
    'metadata.resourceVersion: Invalid value: "": must be specified for an update',
  ])
  const deleting = { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/a'] } }
  assert.deepEqual(
    updateErrors('ConfigMap', { metadata: { finalizers: ['a/a', 'b/b'] } }, deleting),
    [
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"b/b"}',
    ],
  )
})
