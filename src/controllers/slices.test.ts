import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointSlice } from '../api/types.gen.ts'
import type { Write } from '../client/plan.ts'
import { planSlices, type SliceGroup } from './slices.ts'

const metadata = { name: '', generateName: 'web-', namespace: 'shop', labels: { a: 'b' } }
const ports = [{ name: '', port: 80, protocol: 'TCP' as const }]

test('a hundred endpoints fill a slice, the next begins another', () => {
  assert.deepEqual(ask([group(numbers(0, 150))], []), ['create 100', 'create 50'])
})

test('nothing is written where nothing changed', () => {
  assert.deepEqual(ask([group(numbers(0, 3))], [slice('s', numbers(0, 3))]), [])
})

test('endpoints stay where they are; new ones fill the slice that changes anyway', () => {
  const existing = [slice('full', numbers(0, 100)), slice('half', numbers(100, 150))]
  assert.deepEqual(ask([group(numbers(1, 160))], existing), ['update full 100', 'update half 59'])
})

test('a slice left empty goes, but one stays as a placeholder', () => {
  const existing = [slice('one', numbers(0, 1)), slice('two', numbers(1, 2))]
  assert.deepEqual(ask([group(numbers(1, 2))], existing), ['delete one'])
  assert.deepEqual(ask([], [{ ...slice('empty', []), ports: [] }], ['IPv4']), [])
})

test('a Service without any endpoint has one empty slice', () => {
  assert.deepEqual(ask([], [], ['IPv4']), ['create 0'])
})

test('slices of other ports are another group', () => {
  const other = { ...slice('old', numbers(0, 1)), ports: [{ name: '', port: 81 }] }
  assert.deepEqual(ask([group(numbers(0, 1))], [other]), ['create 1', 'delete old'])
})

function ask(
  groups: readonly SliceGroup[],
  existing: readonly EndpointSlice[],
  placeholders: readonly 'IPv4'[] = [],
): string[] {
  return planSlices({ groups, existing, metadata, placeholders }).map(words)
}

function words(write: Write): string {
  if (write.verb === 'delete') return `delete ${write.key.name}`
  if (write.verb === 'patch') return 'patch'
  const { endpoints = [], metadata: written } = write.object as EndpointSlice
  const name = write.verb === 'create' ? '' : ` ${written.name}`
  return `${write.verb}${name} ${endpoints.length}`
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index)

const endpoint = (number: number) => ({
  addresses: [`10.244.${Math.floor(number / 250)}.${number % 250}`],
  conditions: { ready: true },
})

const group = (list: readonly number[]): SliceGroup => ({
  addressType: 'IPv4',
  ports,
  endpoints: list.map(endpoint),
})

const slice = (name: string, list: readonly number[]): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, namespace: 'shop', labels: { a: 'b' } },
  addressType: 'IPv4',
  ports,
  endpoints: list.map(endpoint),
})
