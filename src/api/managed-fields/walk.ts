// Going through values by their shape: the parts of a value with the steps that lead to them.

import { type DraftValue, isDraft } from '../draft.ts'
import { type FieldSet, type GrowingSet, growingSet, insert } from './field-set.ts'
import { type KeyedShape, type Shape, unknownShape } from './shape.ts'

export interface Part {
  readonly step: string
  readonly value: DraftValue
  readonly shape: Shape
  /** A named field of a type; else an entry of a map or a list. */
  readonly isNamed: boolean
}

/** A value that cannot be taken apart by its shape: unknown field, missing key. */
export class ShapeError extends Error {}

/** The shape that a value really has: what is unknown is decided by the value. */
export function actualShape(shape: Shape, value: DraftValue | undefined): Shape {
  if (shape.kind !== 'unknown') return shape
  return isDraft(value) ? { kind: 'map', value: () => unknownShape } : { kind: 'whole' }
}

/** The parts of a value; undefined when it is owned as a whole, or is nothing. */
export function partsOf(given: Shape, value: DraftValue | undefined): Part[] | undefined {
  const shape = actualShape(given, value)
  if (value === undefined || value === null || shape.kind === 'whole') return undefined
  if (shape.kind === 'set' || shape.kind === 'keyed') {
    return Array.isArray(value) ? value.map((element) => elementPart(shape, element)) : undefined
  }
  if (!isDraft(value)) return undefined
  return Object.keys(value).flatMap((name) => {
    const inner = value[name]
    if (inner === undefined) return []
    const isNamed = shape.kind === 'fields'
    const innerShape = partShape(shape, name)
    return [{ step: `f:${name}`, value: inner, shape: innerShape, isNamed }]
  })
}

function partShape(shape: Shape, name: string): Shape {
  if (shape.kind === 'map') return shape.value()
  const found = shape.kind === 'fields' ? shape.field(name) : undefined
  if (!found) throw new ShapeError(`.${name}: field not declared in schema`)
  return found
}

type ListShape = Extract<Shape, { kind: 'set' | 'keyed' }>

function elementPart(shape: ListShape, value: DraftValue): Part {
  if (shape.kind === 'set') {
    return { step: setStep(value), value, shape: { kind: 'whole' }, isNamed: false }
  }
  return { step: keyStep(shape, value), value, shape: shape.element(), isNamed: false }
}

export function setStep(value: DraftValue): string {
  return `v:${JSON.stringify(value)}`
}

export function keyStep({ keys, defaults }: KeyedShape, element: DraftValue): string {
  const fields = isDraft(element) ? element : {}
  const present = keys.flatMap((key) => {
    const value = fields[key] ?? defaults[key]
    return value === undefined || value === null ? [] : [[key, value] as const]
  })
  if (present.length === 0) throw new ShapeError('element without a key')
  return `k:${JSON.stringify(Object.fromEntries(present))}`
}

/** All places that a value says something about. */
export function fieldSetOf(shape: Shape, value: DraftValue): FieldSet {
  const set = growingSet()
  collect(shape, value, { set, steps: [] })
  return set
}

interface Collecting {
  readonly set: GrowingSet
  readonly steps: readonly string[]
}

function collect(shape: Shape, value: DraftValue, { set, steps }: Collecting): void {
  const parts = partsOf(shape, value)
  if (!parts) {
    if (steps.length > 0 && isOwnedWhole(shape, value)) insert(set, steps)
    return
  }
  for (const part of parts) {
    const path = [...steps, part.step]
    collect(part.shape, part.value, { set, steps: path })
    if (!part.isNamed || isNothing(part.value)) insert(set, path)
  }
}

/** Lists and maps that are nil say nothing of their own; the field that holds them does. */
function isOwnedWhole(shape: Shape, value: DraftValue): boolean {
  return value !== null || actualShape(shape, value).kind === 'whole'
}

export function isNothing(value: DraftValue | undefined): boolean {
  if (value === null || value === undefined) return true
  return isDraft(value) && Object.keys(value).length === 0
}

/** Fields of types that hold owned places count as owned too, so that they can go when empty. */
export function withNamedFields(set: FieldSet, shape: Shape): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [step, child] of set.children) {
    const inner = shapeBelow(shape, step)
    const full = withNamedFields(child, inner)
    const isNamed = shape.kind === 'fields' && step.startsWith('f:')
    children.set(step, isNamed ? { ...full, isMember: true } : full)
  }
  return { isMember: set.isMember, children }
}

function shapeBelow(shape: Shape, step: string): Shape {
  if (shape.kind === 'fields') return shape.field(step.slice(2)) ?? unknownShape
  if (shape.kind === 'map') return shape.value()
  return shape.kind === 'keyed' ? shape.element() : unknownShape
}
