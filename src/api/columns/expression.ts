// Column expressions: a path (`spec.nodeName`), a literal, or a formula of other expressions
// (`or(spec.nodeName,"<none>")`). Text -> a function from an object to a cell.

import { type Draft, type DraftValue, isDraft } from '../draft.ts'
import { definitionOf, type Field, fieldOf } from '../schema.ts'

export interface Scope {
  readonly object: Draft
  readonly nowMs: number
}

/** undefined: nothing there. */
export type Value = DraftValue | undefined
export type Evaluate = (scope: Scope) => Value

/** A formula gets its arguments unevaluated, and as text for those that are no expression. */
export interface Arguments {
  readonly texts: readonly string[]
  value(index: number, scope: Scope): Value
}
export type Formula = (args: Arguments, scope: Scope) => Value
export type Formulas = Readonly<Record<string, Formula>>

/** Compiles an expression for objects of the definition `def` (absent: zero values unknown). */
export function compile(text: string, formulas: Formulas, def: string | undefined): Evaluate {
  if (/^".*"$/.test(text)) return constant(text.slice(1, -1))
  if (/^-?\d+$/.test(text)) return constant(Number(text))
  if (text === 'true' || text === 'false') return constant(text === 'true')
  const call = /^(\w+)\((.*)\)(?:\.(.+))?$/.exec(text)
  if (call) return compileCall(call, formulas, def)
  const formula = Object.hasOwn(formulas, text) ? formulas[text] : undefined
  if (formula) {
    const none = { texts: [], value: () => undefined }
    return (scope) => formula(none, scope)
  }
  return compilePath(text, def)
}

function constant(value: DraftValue): Evaluate {
  return () => value
}

function compileCall(call: RegExpExecArray, formulas: Formulas, def: string | undefined): Evaluate {
  const [, name = '', inside = '', rest] = call
  const formula = formulas[name]
  if (!formula) throw new Error(`no formula ${name} for a column`)
  const texts = splitArguments(inside)
  // Formulas that ask whether something is set must not see the zero of what is absent.
  const known = /^(or|whenSet)/.test(name) ? undefined : def
  const compiled = texts.map((text) => compile(text, formulas, known))
  const args = { texts, value: (index: number, scope: Scope) => compiled[index]?.(scope) }
  if (rest === undefined) return (scope) => formula(args, scope)
  const steps = stepsOf(rest)
  return (scope) => follow(formula(args, scope), steps)
}

/** Splits at the commas that are in no parentheses and no quotes. */
function splitArguments(text: string): string[] {
  const parts = ['']
  let depth = 0
  let isQuoted = false
  for (const character of text) {
    if (character === '"') isQuoted = !isQuoted
    if (!isQuoted && character === '(') depth++
    if (!isQuoted && character === ')') depth--
    if (character === ',' && depth === 0 && !isQuoted) parts.push('')
    else parts[parts.length - 1] += character
  }
  return parts
}

function compilePath(text: string, def: string | undefined): Evaluate {
  const steps = stepsOf(text)
  const zero = def === undefined ? undefined : zeroAt(steps, def)
  return ({ object }) => follow(object, steps) ?? zero
}

function stepsOf(path: string): string[] {
  return path.split(/[.[\]]+/).filter((step) => step !== '')
}

function follow(start: Value, steps: readonly string[]): Value {
  let value = start
  for (const step of steps) {
    if (Array.isArray(value)) value = value[Number(step)]
    else value = isDraft(value) ? value[step] : undefined
    if (value === null) return undefined
  }
  return value
}

/** What an absent field stands for: 0, false, "" unless absence has a meaning of its own. */
function zeroAt(steps: readonly string[], def: string): Value {
  let current: string | undefined = def
  let field: Field | undefined
  for (const step of steps) {
    if (/^\d+$/.test(step)) continue
    field = current === undefined ? undefined : fieldOf(definitionOf(current), step)
    current = field?.ref
  }
  if (!field || field.ptr || field.array || field.map || field.ref !== undefined) return undefined
  if (field.type === 'integer') return 0
  return field.type === 'boolean' ? false : ''
}
