// Unknown and repeated fields of a JSON body in document order, for strict decoding. Slow and
// exact: used only once a repeated key is known to be there.

import { type Member, membersOf, placeText } from './json-text.ts'
import { definitionOf, type Field, fieldOf } from './schema.ts'

/** What a member's value is, as far as the schema says. */
type Shape = { readonly def: string } | { readonly field: Field; readonly depth: number } | 'opaque'

/** `unknown field "a.b"` and `duplicate field "a.b"`, each once, in the order of the text. */
export function problemsInOrder(text: string, def: string | undefined): string[] {
  const problems = new Set<string>()
  for (const member of membersOf(text)) {
    const problem = problemOf(member, def)
    if (problem !== undefined) problems.add(problem)
  }
  return [...problems].slice(0, 100)
}

function problemOf({ path, key, isRepeated }: Member, def: string | undefined): string | undefined {
  const shape = def === undefined ? 'opaque' : shapeAt(path, def)
  if (shape === undefined) return undefined
  if (shape !== 'opaque' && 'def' in shape && !fieldOf(definitionOf(shape.def), key)) {
    return `unknown field "${placeText([...path, key])}"`
  }
  const isRaw = shape === 'opaque' && def !== undefined
  return isRepeated && !isRaw ? `duplicate field "${placeText([...path, key])}"` : undefined
}

/** The shape of the object at `path`; undefined within an unknown field. */
function shapeAt(path: readonly string[], def: string): Shape | undefined {
  let shape: Shape | undefined = { def }
  for (const segment of path) {
    shape = shape && stepInto(shape, segment)
    if (shape === undefined || shape === 'opaque') return shape
  }
  return shape
}

function stepInto(shape: Shape, segment: string): Shape | undefined {
  if (shape === 'opaque') return shape
  if ('field' in shape) return shapeOfField(shape.field, shape.depth - 1)
  const field = fieldOf(definitionOf(shape.def), segment)
  if (!field) return undefined
  return shapeOfField(field, Number(field.array ?? false) + Number(field.map ?? false))
}

function shapeOfField(field: Field, depth: number): Shape {
  if (depth > 0) return { field, depth }
  if (field.ref === undefined || definitionOf(field.ref).special) return 'opaque'
  return { def: field.ref }
}
