import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnerReference } from '../../api/types.gen.ts'
import type { GraphNode } from './graph.ts'
import { type OwnerState, planObject } from './plan.ts'

test('an object whose owners are all there is left alone', () => {
  assert.deepEqual(ask(['present', 'present']), { verb: 'nothing' })
  assert.deepEqual(ask([]), { verb: 'nothing' })
})

test('one owner that stays is enough: references to the others are taken away', () => {
  assert.deepEqual(ask(['absent', 'present', 'waiting']), {
    verb: 'setOwners',
    owners: [owner(1)],
  })
})

test('an object whose owners are all gone is deleted as its finalizers ask', () => {
  assert.deepEqual(ask(['absent']), { verb: 'delete', propagationPolicy: 'Background' })
  assert.deepEqual(ask(['absent'], { finalizers: ['orphan'] }), {
    verb: 'delete',
    propagationPolicy: 'Orphan',
  })
})

test('an object that is waited for lets its own dependents go first', () => {
  const dependents = [node('child')]
  assert.deepEqual(ask(['waiting'], {}, dependents), {
    verb: 'delete',
    propagationPolicy: 'Foreground',
  })
  assert.deepEqual(ask(['waiting']), { verb: 'delete', propagationPolicy: 'Background' })
})

test('two that would wait for each other do not', () => {
  const dependents = [{ ...node('child'), isDeleting: true, finalizers: ['foregroundDeletion'] }]
  assert.deepEqual(ask(['waiting'], {}, dependents), {
    verb: 'delete',
    propagationPolicy: 'Foreground',
    owners: [{ ...owner(0), blockOwnerDeletion: false }],
  })
})

function ask(
  states: readonly OwnerState[],
  changes: Partial<GraphNode> = {},
  dependents: readonly GraphNode[] = [],
) {
  const owners = states.map((state, index) => ({ reference: owner(index), state }))
  return planObject({ node: { ...node('self'), ...changes }, owners, dependents })
}

function owner(index: number): OwnerReference {
  return { apiVersion: 'v1', kind: 'ConfigMap', name: `o${index}`, uid: `o${index}` }
}

function node(uid: string): GraphNode {
  const resource = {
    group: '',
    version: 'v1',
    kind: 'ConfigMap',
    plural: 'configmaps',
    namespaced: true,
  }
  const key = { namespace: 'shop', name: uid }
  return { uid, resource, key, resourceVersion: '1', owners: [], finalizers: [], isDeleting: false }
}
