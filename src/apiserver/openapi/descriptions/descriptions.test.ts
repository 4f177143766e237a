import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kinds } from '../../../api/kinds.ts'
import { allDefinitions } from '../../../api/schema.ts'
import { describedDefinitions, descriptionOf, objectFields } from './descriptions.ts'

/** Kinds whose every field is described, however deep. */
const wholly = [
  'Pod',
  'Service',
  'Deployment',
  'Ingress',
  'NetworkPolicy',
  'ConfigMap',
  'Secret',
  'Job',
  'StatefulSet',
  'PersistentVolumeClaim',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ReplicaSet',
  'DaemonSet',
  'CronJob',
  'Namespace',
  'ServiceAccount',
  'LimitRange',
  'StorageClass',
  'IngressClass',
]

test('every field of the kinds that people write is described', () => {
  const roots = kinds.filter(({ kind }) => wholly.includes(kind)).map(({ def }) => def)
  const silent: string[] = []
  const seen = new Set<string>()
  const pending = [...roots]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    const definition = allDefinitions[name]
    const [about, fields = {}] = descriptionOf(name) ?? []
    if (about === undefined && !definition?.special) silent.push(name)
    for (const [field, { ref }] of Object.entries(definition?.fields ?? {})) {
      const isOfEveryObject = definition?.gvk !== undefined && field in objectFields
      if (fields[field] === undefined && !isOfEveryObject) silent.push(`${name}.${field}`)
      if (ref) pending.push(ref)
    }
  }
  assert.deepEqual(silent, [])
  assert.equal(seen.size > 200, true)
})

test('descriptions are of definitions and fields that exist', () => {
  const wrong = describedDefinitions().flatMap((name) => {
    const definition = allDefinitions[name]
    if (!definition) return [name]
    const [, fields = {}] = descriptionOf(name) ?? []
    return Object.keys(fields)
      .filter((field) => definition.fields?.[field] === undefined)
      .map((field) => `${name}.${field}`)
  })
  assert.deepEqual(wrong, [])
})

test('a description is a sentence or a few, no longer than a line or two', () => {
  const wrong = describedDefinitions()
    .flatMap((name) => {
      const [about, fields = {}] = descriptionOf(name) ?? ['']
      return [about, ...Object.values(fields)]
    })
    .filter((text) => !text.endsWith('.') || text.length > 160)
  assert.deepEqual(wrong, [])
})
