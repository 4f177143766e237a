// What of a configuration does not fit its kind, in structured-merge-diff's words.

import { type Draft, type DraftValue, isDraft } from '../draft.ts'
import { goText } from '../patch/errors.ts'
import { placeText } from './field-set.ts'
import type { KeyedShape, Scalar, Shape, WholeShape } from './shape.ts'
import { keyStep, ShapeError, setStep } from './walk.ts'

/** Throws ShapeError with everything that is wrong. */
export function assertFits(shape: Shape, value: Draft): void {
  const problems: string[] = []
  check(shape, value, { steps: [], problems })
  if (problems.length === 0) return
  const [only] = problems
  throw new ShapeError(
    problems.length === 1 ? only : ['errors:', ...problems.map((text) => `  ${text}`)].join('\n'),
  )
}

interface Place {
  readonly steps: readonly string[]
  readonly problems: string[]
}

type Holds = Exclude<Shape, WholeShape> | NonNullable<WholeShape['holds']>

function check(shape: Shape, value: DraftValue | undefined, place: Place): void {
  if (value === null || value === undefined) return
  const holds = shape.kind === 'whole' ? shape.holds : shape
  if (holds !== undefined) checkContent(holds, value, place)
}

function checkContent(holds: Holds, value: DraftValue, place: Place): void {
  if (typeof holds === 'string') {
    if (!fits(holds, value)) report(place, scalarProblem(holds, value))
  } else if (holds.kind === 'fields' || holds.kind === 'map') {
    if (isDraft(value)) checkFields(holds, value, place)
    else report(place, `expected map, got &{${goText(value)}}`)
  } else if (holds.kind !== 'unknown') {
    if (Array.isArray(value)) checkElements(holds, value, place)
    else report(place, `expected list, got &{${goText(value)}}`)
  }
}

function report({ steps, problems }: Place, text: string): void {
  problems.push(steps.length === 0 ? text : `${placeText(steps)}: ${text}`)
}

function inside({ steps, problems }: Place, step: string): Place {
  return { steps: [...steps, step], problems }
}

function fits(type: Scalar, value: DraftValue): boolean {
  if (type === 'numeric') return typeof value === 'number'
  return type === 'untyped' ? typeof value !== 'object' : typeof value === type
}

function scalarProblem(type: Scalar, value: DraftValue): string {
  if (type === 'numeric') return `expected numeric (int or float), got ${goType(value)}`
  if (type === 'boolean') return `expected boolean, got &{${goText(value)}}`
  if (type === 'untyped') return `expected any scalar, got &{${goText(value)}}`
  return `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`
}

const goTypes: Readonly<Record<string, string>> = { string: 'string', boolean: 'bool' }

function goType(value: DraftValue): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return goTypes[typeof value] ?? 'map[string]interface {}'
}

/** As Go's %#v. */
function goSyntax(value: DraftValue | undefined): string {
  if (value === null || value === undefined) return 'interface {}(nil)'
  if (typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `${goType(value)}{${value.map(goSyntax).join(', ')}}`
  const pairs = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${JSON.stringify(key)}:${goSyntax(inner)}`)
  return `${goType(value)}{${pairs.join(', ')}}`
}

type MapLike = Extract<Holds, { kind: 'fields' | 'map' }>

function checkFields(shape: MapLike, value: Draft, place: Place): void {
  for (const name in value) {
    const found = shape.kind === 'map' ? shape.value() : shape.field(name)?.shape
    const inner = inside(place, `f:${name}`)
    if (!found) {
      report(inner, 'field not declared in schema')
      return
    }
    check(found, value[name], inner)
  }
}

type ListLike = Extract<Holds, { kind: 'list' | 'set' | 'keyed' }>

function checkElements(shape: ListLike, value: readonly DraftValue[], place: Place): void {
  const seen = new Set<string>()
  for (const [index, element] of value.entries()) {
    const problem = shape.kind === 'list' ? undefined : elementProblem(shape, element)
    if (problem) {
      report(place, `element ${index}: ${problem}`)
      return
    }
    const step = stepOf(shape, element, index)
    if (seen.has(step)) report(place, `duplicate entries for key ${placeText([step])}`)
    seen.add(step)
    if (shape.kind !== 'set') check(shape.element(), element, inside(place, step))
  }
}

function stepOf(shape: ListLike, element: DraftValue, index: number): string {
  if (shape.kind === 'list') return `i:${index}`
  return shape.kind === 'set' ? setStep(element) : keyStep(shape, element)
}

function elementProblem(
  shape: KeyedShape | { readonly kind: 'set' },
  element: DraftValue,
): string | undefined {
  if (shape.kind === 'set') return setElementProblem(element)
  if (element === null) return 'associative list with keys may not have a null element'
  if (!isDraft(element)) return 'associative list with keys may not have non-map elements'
  const { keys, defaults } = shape
  if (keys.some((key) => element[key] !== undefined || defaults[key] !== undefined)) return
  const names = keys.map((key) => JSON.stringify(key)).join(' ')
  return `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`
}

function setElementProblem(element: DraftValue): string | undefined {
  if (element === null)
    return "associative list without keys has an element that's an explicit null"
  if (Array.isArray(element)) return 'not supported: associative list with lists as elements'
  return isDraft(element)
    ? "associative list without keys has an element that's a map type"
    : undefined
}
