// The trees of places against the plainest thing that does the same: lists of paths, and a value
// taken apart into all its parts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { copyOf, type Draft, type DraftValue, isDraft, isSame } from '../draft.ts'
import type { Schema } from '../structural/schema.ts'
import { compare } from './compare.ts'
import {
  decodeFields,
  difference,
  encodeFields,
  type FieldSet,
  intersection,
  membersOf,
  noFields,
  setOfPlace,
  union,
} from './field-set.ts'
import { removePlaces } from './merge.ts'
import { pruned } from './prune.ts'
import { shapeOfSchema } from './schema-shape.ts'
import type { Shape } from './shape.ts'
import {
  actualShape,
  elementShape,
  elementStep,
  fieldSetOf,
  fieldShape,
  fieldStep,
  isList,
  withNamedFields,
} from './walk.ts'

const schema: Schema = {
  type: 'object',
  properties: {
    text: { type: 'string' },
    plain: { type: 'array', items: { type: 'string' } },
    names: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    ports: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          port: { type: 'integer' },
          protocol: { type: 'string', default: 'TCP' },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
        },
      },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['port', 'protocol'],
    },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    whole: {
      type: 'object',
      properties: { a: { type: 'string' } },
      'x-kubernetes-map-type': 'atomic',
    },
    open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
}
const shape = shapeOfSchema(schema)

const word = fc.constantFrom('a', 'b', 'constructor', '')
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 6, nil: null })
const labels = fc.dictionary(fc.constantFrom('x', 'y', 'constructor', '__proto__'), word)
const port = fc.record(
  {
    port: fc.constantFrom(80, 443, 8080, 10250),
    protocol: fc.constantFrom('TCP', 'UDP'),
    labels: maybe(labels),
  },
  { requiredKeys: ['port'] },
)
const objects = fc.record(
  {
    text: maybe(word),
    plain: maybe(fc.array(word, { maxLength: 3 })),
    names: maybe(fc.array(word, { maxLength: 4 })),
    ports: maybe(fc.array(port, { maxLength: 4 })),
    labels: maybe(labels),
    whole: maybe(fc.record({ a: word }, { requiredKeys: [] })),
    open: maybe(fc.jsonValue({ maxDepth: 3 })),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Draft>

type Step = readonly [step: string, shape: Shape, value: DraftValue]

/** All parts of a value; undefined for one that has none by its shape. */
function parts(given: Shape, value: DraftValue | undefined): readonly Step[] | undefined {
  const actual = actualShape(given, value)
  if (value === undefined || value === null || actual.kind === 'whole') return undefined
  if (isList(actual)) {
    if (!Array.isArray(value)) return undefined
    return value.map((part) => [elementStep(actual, part), elementShape(actual), part])
  }
  if (!isDraft(value)) return undefined
  return Object.entries(value).flatMap(([name, part]) =>
    part === undefined ? [] : [[fieldStep(actual, name), fieldShape(actual, name), part]],
  )
}

const isBare = (value: DraftValue | undefined) =>
  typeof value !== 'object' || value === null || Object.keys(value).length === 0

interface Paths {
  readonly changed: string[]
  readonly removed: string[]
}

function plainCompare(
  { shape: given, before, after }: { shape: Shape } & Record<'before' | 'after', unknown>,
  steps: readonly string[],
  found: Paths,
): Paths {
  const [left, right] = [before, after] as (DraftValue | undefined)[]
  const path = JSON.stringify(steps)
  const isWhole = actualShape(given, right ?? left).kind === 'whole'
  const isLeaf = isWhole || (isBare(left) && isBare(right))
  if (left === undefined) found.changed.push(path)
  else if (right === undefined) found.removed.push(path)
  else if (isLeaf && !isSame(left, right)) found.changed.push(path)
  if (isLeaf) return found
  const firstOf = (value: DraftValue | undefined) =>
    new Map((parts(given, value) ?? []).toReversed().map((part) => [part[0], part] as const))
  const [lefts, rights] = [firstOf(left), firstOf(right)]
  for (const step of new Set([...lefts.keys(), ...rights.keys()])) {
    const [one, other] = [lefts.get(step), rights.get(step)]
    const pair = { shape: (other ?? one)?.[1] ?? given, before: one?.[2], after: other?.[2] }
    plainCompare(pair, [...steps, step], found)
  }
  return found
}

const paths = (set: FieldSet) => membersOf(set).map((steps) => JSON.stringify(steps))
const sorted = (list: readonly string[]) => [...new Set(list)].sort()

test('two values differ where their parts do', () => {
  fc.assert(
    fc.property(objects, objects, (before, after) => {
      const found = plainCompare({ shape, before, after }, [], { changed: [], removed: [] })
      const { changed, removed } = compare(shape, before, after)
      assert.deepEqual(paths(changed).sort(), sorted(found.changed))
      assert.deepEqual(paths(removed).sort(), sorted(found.removed))
    }),
    { numRuns: 500 },
  )
})

test('a value and its copy differ nowhere', () => {
  fc.assert(
    fc.property(objects, (value) => {
      const { changed, removed } = compare(shape, value, copyOf(value))
      assert.deepEqual([changed, removed], [noFields, noFields])
    }),
  )
})

const step = fc.constantFrom('f:a', 'f:b', 'k:{"n":9}', 'k:{"n":10}', 'v:"x"', 'i:0')
const pathLists = fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 8 })
const setOf = (list: readonly (readonly string[])[]) =>
  list.reduce<FieldSet>((set, steps) => union(set, setOfPlace(steps)), noFields)
const texts = (list: readonly (readonly string[])[]) => list.map((steps) => JSON.stringify(steps))

test('union, difference and intersection are those of lists of paths', () => {
  fc.assert(
    fc.property(pathLists, pathLists, (left, right) => {
      const [a, b] = [setOf(left), setOf(right)]
      const [p, q] = [texts(left), texts(right)]
      assert.deepEqual(paths(a).sort(), sorted(p))
      assert.deepEqual(paths(union(a, b)).sort(), sorted([...p, ...q]))
      assert.deepEqual(paths(difference(a, b)).sort(), sorted(p.filter((at) => !q.includes(at))))
      assert.deepEqual(paths(intersection(a, b)).sort(), sorted(p.filter((at) => q.includes(at))))
    }),
    { numRuns: 500 },
  )
})

const shuffled = (fields: Draft): Draft =>
  Object.fromEntries(
    Object.entries(fields)
      .toReversed()
      .map(([name, inner]) => [name, isDraft(inner) ? shuffled(inner) : inner]),
  )

test('the text of a set is the same whatever it was made from, and in order', () => {
  fc.assert(
    fc.property(pathLists, pathLists, (left, right) => {
      const text = JSON.stringify(union(setOf(left), setOf(right)))
      assert.equal(JSON.stringify(setOf([...right, ...left])), text)
      const mixed = shuffled(encodeFields(setOf([...left, ...right])))
      assert.equal(JSON.stringify(decodeFields(mixed)), text)
    }),
  )
  const steps = ['i:0', 'v:"x"', 'k:{"n":10}', 'k:{"n":9}', 'f:b', 'f:a']
  assert.deepEqual(Object.keys(setOf(steps.map((only) => [only]))), steps.toReversed())
})

test('what is no FieldsV1 is refused', () => {
  for (const fields of [undefined, [], { a: {} }, { 'f:a': 1 }, { 'f:a': { 'x:b': {} } }]) {
    assert.equal(decodeFields(fields), undefined)
  }
  assert.deepEqual(decodeFields({ '.': {}, 'f:a': { '.': {} } }), { 'f:a': {} })
})

test('what an applier no longer says goes, unless somebody else owns it', () => {
  fc.assert(
    fc.property(objects, objects, objects, (merged, said, others) => {
      const [last, other] = [fieldSetOf(shape, said), fieldSetOf(shape, others)]
      const manager = { name: 'm', operation: 'Apply', apiVersion: 'v1', subresource: '' } as const
      const owners = new Map([['m', { manager, fields: other, time: undefined }]])
      const named = (set: FieldSet) => withNamedFields(set, shape)
      const left = named(fieldSetOf(shape, removePlaces(shape, merged, named(last))))
      const gone = intersection(
        difference(named(fieldSetOf(shape, merged)), union(left, named(other))),
        named(last),
      )
      assert.deepEqual(pruned({ shape, merged, last, owners }), removePlaces(shape, merged, gone))
    }),
  )
})
