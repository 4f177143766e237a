// Sets of places in an object, as metadata.managedFields keeps them: a tree whose steps are
// `f:name` (a field), `k:{"name":"a"}` (a list's element by its keys), `v:"x"` (an element of a
// set) and `i:0` (by its index). Operations make new sets and never change their operands.

import { type Draft, type DraftValue, isDraft } from '../draft.ts'

export interface FieldSet {
  /** The place itself belongs to the set. */
  readonly isMember: boolean
  readonly children: ReadonlyMap<string, FieldSet>
}

export const noFields: FieldSet = { isMember: false, children: new Map() }

/** A set in the making. */
export interface GrowingSet extends FieldSet {
  isMember: boolean
  readonly children: Map<string, GrowingSet>
}

export function growingSet(): GrowingSet {
  return { isMember: false, children: new Map() }
}

/** Adds the place that the steps lead to. */
export function insert(set: GrowingSet, steps: readonly string[]): void {
  let node = set
  for (const step of steps) {
    let next = node.children.get(step)
    if (!next) {
      next = growingSet()
      node.children.set(step, next)
    }
    node = next
  }
  node.isMember = true
}

export function isEmptySet(set: FieldSet): boolean {
  return !set.isMember && set.children.size === 0
}

/** The set below a step; empty where there is none. */
export function below(set: FieldSet, step: string): FieldSet {
  return set.children.get(step) ?? noFields
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a)) return b
  if (isEmptySet(b)) return a
  const children = new Map(a.children)
  for (const [step, set] of b.children) children.set(step, union(below(a, step), set))
  return { isMember: a.isMember || b.isMember, children }
}

export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return a
  return combined(a, b, (inA, inB) => inA && !inB, difference)
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combined(a, b, (inA, inB) => inA && inB, intersection)
}

function combined(
  a: FieldSet,
  b: FieldSet,
  keeps: (inA: boolean, inB: boolean) => boolean,
  inner: (a: FieldSet, b: FieldSet) => FieldSet,
): FieldSet {
  const children = new Map<string, FieldSet>()
  for (const [step, set] of a.children) {
    const rest = inner(set, below(b, step))
    if (!isEmptySet(rest)) children.set(step, rest)
  }
  return { isMember: keeps(a.isMember, b.isMember), children }
}

/** Without the places at and below these fields. */
export function withoutFields(set: FieldSet, names: readonly string[]): FieldSet {
  const children = new Map(set.children)
  for (const name of names) children.delete(`f:${name}`)
  return { isMember: set.isMember, children }
}

/** All members, as their steps, in order. */
export function membersOf(set: FieldSet, steps: readonly string[] = []): string[][] {
  const inner = sortedChildren(set).flatMap(([step, child]) => membersOf(child, [...steps, step]))
  return set.isMember ? [[...steps], ...inner] : inner
}

/** Fields before keys before values before indexes, each by its text. */
const stepOrder = 'fkvi'

function sortedChildren(set: FieldSet): [string, FieldSet][] {
  return [...set.children].sort(([a], [b]) => {
    const kinds = stepOrder.indexOf(a[0] ?? '') - stepOrder.indexOf(b[0] ?? '')
    if (kinds !== 0) return kinds
    return a < b ? -1 : a > b ? 1 : 0
  })
}

/** FieldsV1: a member without children is {}, one with children says so with a dot. */
export function encodeFields(set: FieldSet): Draft {
  const fields: Draft = {}
  if (set.isMember && set.children.size > 0) fields['.'] = {}
  for (const [step, child] of sortedChildren(set)) fields[step] = encodeFields(child)
  return fields
}

/** The other way; undefined for what is no FieldsV1. */
export function decodeFields(fields: unknown): FieldSet | undefined {
  return isDraft(fields) ? decodeNode(fields, false) : undefined
}

function decodeNode(fields: Draft, isInner: boolean): FieldSet | undefined {
  const children = new Map<string, FieldSet>()
  for (const [step, value] of Object.entries(fields)) {
    if (step === '.') continue
    const child = isDraft(value) && /^[fkvi]:/.test(step) ? decodeNode(value, true) : undefined
    if (!child) return undefined
    children.set(step, child)
  }
  return { isMember: isInner && (children.size === 0 || fields['.'] !== undefined), children }
}

/** A place as messages name it: .spec.containers[name="a"].image */
export function placeText(steps: readonly string[]): string {
  return steps.map(stepText).join('')
}

function stepText(step: string): string {
  const text = step.slice(2)
  switch (step[0]) {
    case 'f':
      return `.${text}`
    case 'k':
      return `[${keysText(JSON.parse(text))}]`
    case 'v':
      return `[=${text}]`
    default:
      return `[${text}]`
  }
}

function keysText(keys: Readonly<Record<string, DraftValue>>): string {
  return Object.entries(keys)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')
}
