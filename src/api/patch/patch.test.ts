import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { copyOf, type Draft } from '../draft.ts'
import { kindEntry } from '../kinds.ts'
import { StatusError } from '../status-error.ts'
import { applyJsonPatch, JsonPatchError, readJsonPatch } from './json.ts'
import { applyMergePatch } from './merge.ts'
import { type PatchKind, patchObject } from './patch.ts'
import { applyStrategicPatch } from './strategic.ts'

const podSpec = 'io.k8s.api.core.v1.PodSpec'
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
const deploymentSpec = 'io.k8s.api.apps.v1.DeploymentSpec'

test('JSON patch adds, removes, replaces, moves, copies and tests', () => {
  const cases: readonly (readonly [Draft, unknown[], Draft])[] = [
    [{ a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    [{ a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    [{ a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    [{ a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    [{ a: [1, 2] }, [{ op: 'remove', path: '/a/-1' }], { a: [1] }],
    [{ 'x/y~z': 1 }, [{ op: 'replace', path: '/x~1y~0z', value: 2 }], { 'x/y~z': 2 }],
    [{ a: { b: 1 }, c: {} }, [{ op: 'move', from: '/a/b', path: '/c/d' }], { a: {}, c: { d: 1 } }],
    [{ a: [1] }, [{ op: 'copy', from: '/a', path: '/b' }], { a: [1], b: [1] }],
    [{ a: [1] }, [{ op: 'test', path: '/a', value: [1] }], { a: [1] }],
    [{ a: 1 }, [{ op: 'test', path: '/b', value: null }], { a: 1 }],
  ]
  for (const [document, operations, expected] of cases) {
    assert.deepEqual(applyJsonPatch(document, readJsonPatch(operations)), expected)
  }
})

test('JSON patch refuses what does not fit, and changes nothing', () => {
  const document = { a: [1], b: { c: 1 } }
  const wrong: readonly unknown[] = [
    { op: 'remove', path: '/x' },
    { op: 'replace', path: '/x', value: 1 },
    { op: 'add', path: '/x/y', value: 1 },
    { op: 'add', path: '/a/5', value: 1 },
    { op: 'remove', path: '/a/x' },
    { op: 'test', path: '/b/c', value: 2 },
    { op: 'frobnicate', path: '/a' },
  ]
  for (const operation of wrong) {
    assert.throws(() => applyJsonPatch(document, readJsonPatch([operation])), JsonPatchError)
  }
  assert.deepEqual(document, { a: [1], b: { c: 1 } })
})

test('JSON patch neither grows nor nests an object without bound', () => {
  const many = Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }))
  assert.throws(
    () => applyJsonPatch({ a: ['x'] }, readJsonPatch(many)),
    /^Error: Unable to complete the copy, .* of copy is \d+, exceeding the limit 3145728$/,
  )
  const deeper = Array.from({ length: 1100 }, () => [
    { op: 'add', path: '/b', value: {} },
    { op: 'move', from: '/a', path: '/b/a' },
    { op: 'move', from: '/b', path: '/a' },
  ])
  assert.throws(() => applyJsonPatch({ a: 1 }, readJsonPatch(deeper.flat())), /exceeded max depth/)
})

test('merge patch follows the examples of RFC 7386', () => {
  const cases: readonly (readonly [Draft, Draft, Draft])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [document, patch, expected] of cases) {
    assert.deepEqual(applyMergePatch(document, patch), expected)
  }
})

test('merging twice is the same as merging once', () => {
  const documents = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 3 }))
  fc.assert(
    fc.property(documents, documents, (document, patch) => {
      const once = applyMergePatch(document as Draft, patch as Draft)
      assert.deepEqual(applyMergePatch(once, patch as Draft), once)
    }),
  )
})

test('strategic patch merges lists by their key', () => {
  const spec = {
    containers: [
      { name: 'a', image: 'x' },
      { name: 'b', image: 'y' },
    ],
  }
  const patch = { containers: [{ name: 'b', image: 'z' }, { name: 'c' }] }
  assert.deepEqual(applyStrategicPatch(spec, patch, podSpec), {
    containers: [{ name: 'a', image: 'x' }, { name: 'b', image: 'z' }, { name: 'c' }],
  })
})

test('strategic patch replaces lists that have no key', () => {
  const spec = { tolerations: [{ key: 'a' }], containers: [{ name: 'a', args: ['1', '2'] }] }
  const patch = { tolerations: [{ key: 'b' }], containers: [{ name: 'a', args: ['3'] }] }
  assert.deepEqual(applyStrategicPatch(spec, patch, podSpec), {
    tolerations: [{ key: 'b' }],
    containers: [{ name: 'a', args: ['3'] }],
  })
})

test('strategic patch deletes and replaces by directive', () => {
  const spec = { containers: [{ name: 'a' }, { name: 'b' }] }
  assert.deepEqual(
    applyStrategicPatch(spec, { containers: [{ name: 'a', $patch: 'delete' }] }, podSpec),
    { containers: [{ name: 'b' }] },
  )
  assert.deepEqual(
    applyStrategicPatch(spec, { containers: [{ name: 'c' }, { $patch: 'replace' }] }, podSpec),
    { containers: [{ name: 'c' }] },
  )
  assert.deepEqual(
    applyStrategicPatch(
      { nodeSelector: { a: '1' } },
      { nodeSelector: { $patch: 'replace', b: '2' } },
      podSpec,
    ),
    { nodeSelector: { b: '2' } },
  )
  assert.deepEqual(
    applyStrategicPatch(
      { dnsConfig: { searches: ['x'] } },
      { dnsConfig: { $patch: 'delete' } },
      podSpec,
    ),
    { dnsConfig: {} },
  )
})

test('strategic patch adds to sets of plain values and takes out of them', () => {
  const object = { finalizers: ['a/a', 'b/b'] }
  assert.deepEqual(applyStrategicPatch(object, { finalizers: ['c/c'] }, meta), {
    finalizers: ['c/c', 'a/a', 'b/b'],
  })
  assert.deepEqual(
    applyStrategicPatch(object, { '$deleteFromPrimitiveList/finalizers': ['a/a'] }, meta),
    { finalizers: ['b/b'] },
  )
})

test('strategic patch puts lists in the order that it gives', () => {
  const spec = { containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }
  const patch = {
    '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }],
    containers: [{ name: 'c', image: 'x' }],
  }
  assert.deepEqual(applyStrategicPatch(spec, patch, podSpec), {
    containers: [{ name: 'b' }, { name: 'c', image: 'x' }, { name: 'a' }],
  })
  const alone = { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }, { name: 'c' }] }
  assert.deepEqual(applyStrategicPatch(spec, alone, podSpec), {
    containers: [{ name: 'b' }, { name: 'a' }, { name: 'c' }],
  })
})

test('strategic patch keeps only the named members of a union', () => {
  const spec = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } }
  const patch = { strategy: { $retainKeys: ['type'], type: 'Recreate' } }
  assert.deepEqual(applyStrategicPatch(spec, patch, deploymentSpec), {
    strategy: { type: 'Recreate' },
  })
  const broken = { strategy: { $retainKeys: ['type'], rollingUpdate: {} } }
  assert.throws(() => applyStrategicPatch(spec, broken, deploymentSpec), {
    message: 'invalid patch format of retainKeys',
    code: 400,
  })
})

test('strategic patch removes with null, and leaves no nulls behind', () => {
  const spec = { hostname: 'a', containers: [{ name: 'a', image: 'x' }] }
  const patch = {
    hostname: null,
    subdomain: null,
    securityContext: { runAsUser: null, fsGroup: 1 },
  }
  assert.deepEqual(applyStrategicPatch(spec, patch, podSpec), {
    containers: [{ name: 'a', image: 'x' }],
    securityContext: { fsGroup: 1 },
  })
})

test('strategic patch changes neither the object nor the patch', () => {
  const spec = { containers: [{ name: 'a', env: [{ name: 'X', value: '1' }] }] }
  const patch = { containers: [{ name: 'a', env: [{ name: 'Y', value: '2' }] }] }
  const [specBefore, patchBefore] = [copyOf(spec), copyOf(patch)]
  applyStrategicPatch(spec, patch, podSpec)
  assert.deepEqual([spec, patch], [specBefore, patchBefore])
})

function refusal(kind: PatchKind, body: string): string {
  const deployment = kindEntry('Deployment')
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: {} }
  const patch = { kind, bytes: Buffer.from(body), fieldValidation: 'Strict' } as const
  try {
    patchObject(deployment, object, patch)
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`
    throw error
  }
  return 'accepted'
}

test('patch bodies are refused in upstream words', () => {
  const unfit = '422 the server rejected our request due to an error in our request'
  const cases: readonly (readonly [PatchKind, string, string])[] = [
    [
      'strategic',
      '{"spec":{"foo":1}}',
      '422  "" is invalid: patch: Invalid value: "map[spec:map[foo:1]]": strict decoding error: unknown field "spec.foo"',
    ],
    [
      'merge',
      '[]',
      '400 error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
    ['merge', '{', '400 error decoding patch: unexpected end of JSON input'],
    ['json', '{}', '400 json: cannot unmarshal object into Go value of type jsonpatch.Patch'],
    ['json', '[{"op":"remove","path":"/nope"}]', unfit],
    [
      'strategic',
      '{"spec":{"paused":true,"paused":true}}',
      '422  "" is invalid: patch: Invalid value: "map[spec:map[paused:true]]": strict decoding error: duplicate field "spec.paused"',
    ],
  ]
  for (const [kind, body, message] of cases) assert.equal(refusal(kind, body), message)
})

test('a key named __proto__ is data like any other, and never what all objects share', () => {
  const named = (value: string): Draft => JSON.parse(`{"__proto__":${value}}`)
  const patch = named('{"polluted":{"a":"b"}}')
  const patched = [
    applyMergePatch({}, patch),
    applyStrategicPatch({}, patch, meta),
    applyStrategicPatch(named('{"x":1}'), patch, meta),
    applyJsonPatch({}, readJsonPatch([{ op: 'add', path: '/__proto__', value: { polluted: 1 } }])),
  ]
  assert.deepEqual(
    patched.map((object) => JSON.stringify(object)),
    [
      '{"__proto__":{"polluted":{"a":"b"}}}',
      '{"__proto__":{"polluted":{"a":"b"}}}',
      '{"__proto__":{"x":1,"polluted":{"a":"b"}}}',
      '{"__proto__":{"polluted":1}}',
    ],
  )
  assert.deepEqual(Object.keys(Object.prototype), [])
  const removal = readJsonPatch([{ op: 'remove', path: '/constructor' }])
  assert.throws(() => applyJsonPatch({}, removal), JsonPatchError)
})
