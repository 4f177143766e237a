// Going through values by their shape: the steps to their parts, and all places that they name.

import { type Draft, type DraftValue, isDraft } from '../draft.ts'
import { type FieldSet, isMember, noFields, placeOf, union } from './field-set.ts'
import { type KeyedShape, type Shape, unknownShape, wholeShape } from './shape.ts'

/** A value that cannot be taken apart by its shape: unknown field, missing key. */
export class ShapeError extends Error {}

/** A shape by which a value can be taken apart. */
export type PartedShape = Exclude<Shape, { kind: 'whole' | 'unknown' }>
export type MapLikeShape = Extract<PartedShape, { kind: 'fields' | 'map' }>
export type ListShape = Extract<PartedShape, { kind: 'set' | 'keyed' }>

const mapOfUnknown = { kind: 'map', value: () => unknownShape } as const

/** The shape that a value really has: what is unknown is decided by the value. */
export function actualShape(
  shape: Shape,
  value: DraftValue | undefined,
): Exclude<Shape, { kind: 'unknown' }> {
  if (shape.kind !== 'unknown') return shape
  return isDraft(value) ? mapOfUnknown : wholeShape
}

/** The value's own field; the names of a map may be those of every object in JavaScript. */
export function ownValue(value: Draft, name: string): DraftValue | undefined {
  const inner = value[name]
  return inner === undefined || Object.hasOwn(value, name) ? inner : undefined
}

export function isList(shape: PartedShape): shape is ListShape {
  return shape.kind === 'set' || shape.kind === 'keyed'
}

export function fieldStep(shape: MapLikeShape, name: string): string {
  if (shape.kind === 'map') return `f:${name}`
  return (shape.field(name) ?? undeclared(name)).step
}

export function fieldShape(shape: MapLikeShape, name: string): Shape {
  if (shape.kind === 'map') return shape.value()
  return (shape.field(name) ?? undeclared(name)).shape
}

function undeclared(name: string): never {
  throw new ShapeError(`.${name}: field not declared in schema`)
}

export function elementStep(shape: ListShape, element: DraftValue): string {
  return shape.kind === 'set' ? setStep(element) : keyStep(shape, element)
}

export function elementShape(shape: ListShape): Shape {
  return shape.kind === 'set' ? wholeShape : shape.element()
}

export function setStep(value: DraftValue): string {
  return `v:${JSON.stringify(value)}`
}

export function keyStep({ keys, defaults }: KeyedShape, element: DraftValue): string {
  const fields = isDraft(element) ? element : {}
  let text = ''
  for (const key of keys) {
    const value = fields[key] ?? defaults[key]
    if (value === undefined || value === null) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${JSON.stringify(value)}`
  }
  if (text === '') throw new ShapeError('element without a key')
  return `k:{${text}}`
}

/** All places that a value says something about. */
export function fieldSetOf(shape: Shape, value: DraftValue): FieldSet {
  return partsOf(shape, value) ?? noFields
}

/** Undefined for what is owned as a whole, or is nothing; empty for what says nothing. */
function partsOf(given: Shape, value: DraftValue): FieldSet | undefined {
  const shape = actualShape(given, value)
  if (value === null || shape.kind === 'whole') return undefined
  if (isList(shape)) return Array.isArray(value) ? elementsOf(shape, value) : undefined
  return isDraft(value) ? fieldsOf(shape, value) : undefined
}

function fieldsOf(shape: MapLikeShape, value: Draft): FieldSet {
  const steps: string[] = []
  const places: FieldSet[] = []
  for (const name in value) {
    const part = value[name]
    if (part === undefined) continue
    const inner = fieldShape(shape, name)
    const place = placeOfPart(inner, part, shape.kind === 'map' || isNothing(part))
    if (!place) continue
    steps.push(fieldStep(shape, name))
    places.push(place)
  }
  return placeOf(steps, places, { isMember: false })
}

function elementsOf(shape: ListShape, value: readonly DraftValue[]): FieldSet {
  const inner = elementShape(shape)
  const places = new Map<string, FieldSet>()
  for (const element of value) {
    const step = elementStep(shape, element)
    const place = placeOfPart(inner, element, true) ?? {}
    const other = places.get(step)
    places.set(step, other ? unionOf(step, other, place) : place)
  }
  return placeOf([...places.keys()], [...places.values()], { isMember: false })
}

function unionOf(step: string, a: FieldSet, b: FieldSet): FieldSet {
  return union({ [step]: a }, { [step]: b })[step] ?? a
}

/** `isOwn`: the place counts beside what is below it. Undefined for a place that says nothing. */
function placeOfPart(shape: Shape, value: DraftValue, isOwn: boolean): FieldSet | undefined {
  const below = partsOf(shape, value)
  if (below) {
    for (const _ in below) return isOwn ? { '.': {}, ...below } : below
    return isOwn ? {} : undefined
  }
  return isOwn || isOwnedWhole(shape, value) ? {} : undefined
}

/** Lists and maps that are nil say nothing of their own; the field that holds them does. */
function isOwnedWhole(shape: Shape, value: DraftValue): boolean {
  return value !== null || actualShape(shape, value).kind === 'whole'
}

export function isNothing(value: DraftValue | undefined): boolean {
  if (value === null || value === undefined) return true
  if (!isDraft(value)) return false
  for (const _ in value) return false
  return true
}

/** Fields of types that hold owned places count as owned too, so that they can go when empty. */
export function withNamedFields(set: FieldSet, shape: Shape): FieldSet {
  const named: Record<string, FieldSet> = {}
  for (const step in set) {
    const full = withNamedFields(set[step] ?? noFields, shapeBelow(shape, step))
    const isNamed = shape.kind === 'fields' && step.startsWith('f:')
    named[step] = isNamed && !isMember(full) ? { '.': {}, ...full } : full
  }
  return named
}

function shapeBelow(shape: Shape, step: string): Shape {
  if (shape.kind === 'fields') return shape.field(step.slice(2))?.shape ?? unknownShape
  if (shape.kind === 'map') return shape.value()
  return shape.kind === 'keyed' ? shape.element() : unknownShape
}
