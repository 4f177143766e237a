// Sets of places in an object, in the form in which metadata.managedFields keeps them (FieldsV1): a
// tree whose steps are `f:name` (a field), `k:{"name":"a"}` (a list's element by its keys), `v:"x"`
// (an element of a set) and `i:0` (by its index). Below the root, a place without steps is a member;
// one with steps is a member when it has the step `.` too. Steps come in order, no node is empty
// for nothing: so sets are decoded and encoded by handing them over. Operations never change their
// operands, share what they can with them, and give an operand back where it is the result.

import { type Draft, type DraftValue, isDraft } from '../draft.ts'

export interface FieldSet {
  readonly [step: string]: FieldSet
}

export const noFields: FieldSet = {}

const self = '.'

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false
  return true
}

/** Whether a place below the root, which is there, belongs to its set. */
export function isMember(place: FieldSet): boolean {
  return place[self] !== undefined || isEmptySet(place)
}

/** Steps in any order, each once, with what is below them -> a place. The lists are ours to sort. */
export function placeOf(
  steps: string[],
  below: FieldSet[],
  { isMember }: { readonly isMember: boolean },
): FieldSet {
  if (steps.length <= fewSteps) sortInPlace(steps, below)
  else if (!isInOrder(steps)) return placeOfMany(steps, below, { isMember })
  const place: Record<string, FieldSet> = {}
  if (isMember && steps.length > 0) place[self] = {}
  for (let index = 0; index < steps.length; index++) {
    place[steps[index] ?? ''] = below[index] ?? noFields
  }
  return place
}

/** Up to this many are sorted by insertion: most are in order, or nearly. */
const fewSteps = 32

function sortInPlace(steps: string[], below: FieldSet[]): void {
  for (let index = 1; index < steps.length; index++) {
    const step = steps[index] ?? ''
    const inner = below[index] ?? noFields
    let at = index
    for (; at > 0 && compareSteps(steps[at - 1] ?? '', step) > 0; at--) {
      steps[at] = steps[at - 1] ?? ''
      below[at] = below[at - 1] ?? noFields
    }
    steps[at] = step
    below[at] = inner
  }
}

function placeOfMany(
  steps: readonly string[],
  below: readonly FieldSet[],
  options: { readonly isMember: boolean },
): FieldSet {
  const order = [...steps.keys()].sort((a, b) => compareSteps(steps[a] ?? '', steps[b] ?? ''))
  const [sorted, inner] = [order.map((at) => steps[at] ?? ''), order.map((at) => below[at] ?? {})]
  return placeOf(sorted, inner, options)
}

function isInOrder(steps: readonly string[]): boolean {
  for (let index = 1; index < steps.length; index++) {
    if (compareSteps(steps[index - 1] ?? '', steps[index] ?? '') > 0) return false
  }
  return true
}

/** A set with one member. */
export function setOfPlace(steps: readonly string[]): FieldSet {
  return steps.reduceRight<FieldSet>((inner, step) => ({ [step]: inner }), {})
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a
  return isEmptySet(a) ? b : joined(a, b)
}

function unionBelow(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(b)) return asMember(a)
  return isEmptySet(a) ? asMember(b) : joined(a, b)
}

function asMember(place: FieldSet): FieldSet {
  return isMember(place) ? place : { [self]: {}, ...place }
}

/** Of two that have steps. */
function joined(a: FieldSet, b: FieldSet): FieldSet {
  const joint = new Map<string, FieldSet>()
  let isLonger = false
  for (const step in b) {
    const [left, right] = [a[step], b[step] ?? noFields]
    const inner = left ? unionBelow(left, right) : right
    if (inner === left) continue
    joint.set(step, inner)
    if (!left) isLonger = true
  }
  if (joint.size === 0) return a
  const whole = { ...a, ...Object.fromEntries(joint) }
  if (!isLonger) return whole
  return placeOf(Object.keys(whole), Object.values(whole), { isMember: false })
}

export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return isEmptySet(b) ? a : remaining(a, b)
}

/** Below the root; undefined when nothing is left. */
function differenceBelow(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (isEmptySet(a)) return isMember(b) ? undefined : a
  const rest = isEmptySet(b) ? without(a, self) : remaining(a, b)
  return settled(rest)
}

/** Of two that have steps. */
function remaining(a: FieldSet, b: FieldSet): FieldSet {
  let reduced: Map<string, FieldSet | undefined> | undefined
  for (const step in b) {
    const [left, right] = [a[step], b[step]]
    const inner = left && right ? differenceBelow(left, right) : left
    if (inner !== left) reduced = (reduced ?? new Map()).set(step, inner)
  }
  if (!reduced) return a
  const rest: Record<string, FieldSet> = {}
  for (const step in a) {
    const inner = reduced.has(step) ? reduced.get(step) : a[step]
    if (inner) rest[step] = inner
  }
  return rest
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const common: Record<string, FieldSet> = {}
  for (const step in a) {
    const [left, right] = [a[step], b[step]]
    const inner = left && right && intersectionBelow(left, right)
    if (inner) common[step] = inner
  }
  return common
}

function intersectionBelow(a: FieldSet, b: FieldSet): FieldSet | undefined {
  if (isEmptySet(a)) return isMember(b) ? a : undefined
  if (isEmptySet(b)) return isMember(a) ? b : undefined
  return settled(intersection(a, b))
}

/** A place whose only step is itself is a plain member; one that has lost all its steps is gone. */
function settled(place: FieldSet): FieldSet | undefined {
  let count = 0
  for (const _ in place) count++
  if (count === 1 && place[self]) return {}
  return count === 0 ? undefined : place
}

function without(place: FieldSet, step: string): FieldSet {
  if (place[step] === undefined) return place
  const { [step]: _, ...rest } = place
  return rest
}

/** Without the places at and below these fields. */
export function withoutFields(set: FieldSet, names: readonly string[]): FieldSet {
  return names.reduce((rest, name) => without(rest, `f:${name}`), set)
}

/** All members, as their steps, in order. */
export function membersOf(set: FieldSet): string[][] {
  return membersBelow(set, [])
}

function membersBelow(place: FieldSet, steps: readonly string[]): string[][] {
  return Object.entries(place).flatMap(([step, inner]) => {
    if (step === self) return [[...steps]]
    const path = [...steps, step]
    return isEmptySet(inner) ? [path] : membersBelow(inner, path)
  })
}

/** Whether the place that the steps lead to is a member. */
export function hasPlace(set: FieldSet, steps: readonly string[]): boolean {
  let place: FieldSet | undefined = set
  for (const step of steps) place = place?.[step]
  return place !== undefined && isMember(place)
}

/** As text of JSON a set is written as it is. */
export function encodeFields(set: FieldSet): Draft {
  return set as Draft
}

/** The other way; undefined for what is no FieldsV1. */
export function decodeFields(fields: unknown): FieldSet | undefined {
  return isDraft(fields) ? decodePlace(fields, true) : undefined
}

/** `fields` itself where it is in order. */
function decodePlace(fields: Draft, isRoot: boolean): FieldSet | undefined {
  let isExact = true
  let count = 0
  let before = ''
  for (const step in fields) {
    const value = fields[step]
    if (step === self) {
      if (isRoot || count > 0 || !isDraft(value) || !isEmptySet(value as FieldSet)) isExact = false
    } else {
      const inner = isStep(step) && isDraft(value) ? decodePlace(value, false) : undefined
      if (!inner) return undefined
      if (inner !== value || (count > 0 && compareSteps(before, step) > 0)) isExact = false
    }
    before = step
    count++
  }
  if (count === 1 && before === self) isExact = false
  return isExact ? (fields as FieldSet) : decodeAnew(fields, isRoot)
}

function decodeAnew(fields: Draft, isRoot: boolean): FieldSet {
  const steps = Object.keys(fields).filter((step) => step !== self)
  const below = steps.map((step) => decodePlace((fields[step] ?? {}) as Draft, false) ?? noFields)
  return placeOf(steps, below, { isMember: !isRoot && fields[self] !== undefined })
}

/** Fields before keys before values before indexes; the place itself before all. */
const stepOrder = '.fkvi'

function isStep(step: string): boolean {
  return step[1] === ':' && stepOrder.indexOf(step[0] ?? '') > 0
}

function compareSteps(a: string, b: string): number {
  if (a === b) return 0
  const kind = a.charCodeAt(0)
  if (kind !== b.charCodeAt(0)) return rankOf(a) - rankOf(b)
  if (kind === keyKind) return compareKeys(a, b)
  return a < b ? -1 : 1
}

const keyKind = 'k'.charCodeAt(0)

function rankOf(step: string): number {
  return stepOrder.indexOf(step[0] ?? '')
}

/** By their values one after the other, numbers as numbers. */
function compareKeys(a: string, b: string): number {
  let at = 0
  while (a.charCodeAt(at) === b.charCodeAt(at)) at++
  const isOfNumbers = isDigit(a.charCodeAt(at)) || isDigit(b.charCodeAt(at))
  if (isOfNumbers) {
    const [left, right] = [numberAround(a, at), numberAround(b, at)]
    if (left !== undefined && right !== undefined) return left - right
  }
  return a < b ? -1 : 1
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/** The bare number that spans or ends at this position. */
function numberAround(step: string, at: number): number | undefined {
  let start = at
  while (isDigit(step.charCodeAt(start - 1))) start--
  const found = /^\d+(?=[,}])/.exec(step.slice(start))?.[0]
  return found !== undefined && step[start - 1] === ':' ? Number(found) : undefined
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
