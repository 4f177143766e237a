import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft } from '../draft.ts'
import { type Kind, kindEntry } from '../kinds.ts'
import { StatusError } from '../status-error.ts'
import { applyFields } from './field-management.ts'

const by = { manager: 'm', subresource: '', now: new Date(0), force: false }

function refusal(kind: Kind, object: Draft): StatusError {
  const entry = kindEntry(kind)
  const config: Draft = { metadata: { name: 'web', namespace: 'shop' }, ...object }
  const target = { ...entry, hasStatus: true }
  try {
    applyFields(undefined, config, { ...by, target })
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  assert.fail('it was applied')
}

function deployment(spec: Draft): Draft {
  return { apiVersion: 'apps/v1', kind: 'Deployment', spec }
}

function withContainers(...containers: (Draft | null | string)[]): Draft {
  return deployment({ template: { spec: { containers } } })
}

const cases: readonly (readonly [Draft, string])[] = [
  [deployment({ foo: 1 }), '.spec.foo: field not declared in schema'],
  [deployment({ replicas: '3' }), '.spec.replicas: expected numeric (int or float), got string'],
  [deployment({ paused: 'yes' }), '.spec.paused: expected boolean, got &{yes}'],
  [
    withContainers({ name: 'c', image: 5 }),
    '.spec.template.spec.containers[name="c"].image: expected string, got &value.valueUnstructured{Value:5}',
  ],
  [
    withContainers({ name: 'c' }, { image: 'a' }),
    '.spec.template.spec.containers: element 1: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
  ],
  [
    withContainers({ name: 'c' }, { name: 'c' }),
    '.spec.template.spec.containers: duplicate entries for key [name="c"]',
  ],
  [
    withContainers(null),
    '.spec.template.spec.containers: element 0: associative list with keys may not have a null element',
  ],
  [
    withContainers('c'),
    '.spec.template.spec.containers: element 0: associative list with keys may not have non-map elements',
  ],
  [
    deployment({ template: { spec: { tolerations: [{ key: 'a', why: 1 }] } } }),
    '.spec.template.spec.tolerations[0].why: field not declared in schema',
  ],
  [
    deployment({ template: { spec: { containers: 'c' } } }),
    '.spec.template.spec.containers: expected list, got &{c}',
  ],
  [deployment({ selector: ['a'] }), '.spec.selector: expected map, got &{[a]}'],
  [
    deployment({ replicas: true, paused: 1 }),
    'errors:\n  .spec.replicas: expected numeric (int or float), got bool\n  .spec.paused: expected boolean, got &{1}',
  ],
]

for (const [config, problem] of cases) {
  test(`refused: ${problem}`, () => {
    const { code, message, reason } = refusal('Deployment', config)
    const start = 'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): '
    assert.equal(message, start + problem)
    assert.deepEqual({ code, reason }, { code: 400, reason: 'BadRequest' })
  })
}

test('quantities and ports by name or number fit', () => {
  const service: Draft = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'a' },
    spec: {
      ports: [
        { port: 80, targetPort: 'http' },
        { port: 81, targetPort: 8081 },
      ],
    },
  }
  const target = { ...kindEntry('Service'), hasStatus: true }
  assert.doesNotThrow(() => applyFields(undefined, service, { ...by, target }))
  const claim: Draft = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'a' },
    spec: { resources: { requests: { storage: 1 } } },
  }
  const made = applyFields(undefined, claim, {
    ...by,
    target: { ...kindEntry('PersistentVolumeClaim'), hasStatus: true },
  })
  assert.deepEqual(made['spec'], { resources: { requests: { storage: '1' } } })
})

test('a name of any form is told, and harms nobody', () => {
  const named = deployment({ foo: 1 })
  const metadata = { name: { toString: 1, valueOf: null }, namespace: ['shop'] }
  const { code, message } = refusal('Deployment', { ...named, metadata })
  assert.equal(code, 400)
  assert.match(
    message,
    /^failed to create typed patch object \(\[shop\]\/map\[toString:1 valueOf:<nil>\]; /,
  )
})
