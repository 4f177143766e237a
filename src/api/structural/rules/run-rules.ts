// All rules of a version's schema, run over an object: those of a value before those of its parts,
// until the budget is spent.

import { type CelValue, Optional } from '../../../cel/values.ts'
import { isDraft } from '../../draft.ts'
import { errorBody, type FieldError } from '../../field-error.ts'
import { at, child } from '../../validation/field-path.ts'
import { hasSchema, isEmbedded, itemsOf, propertiesOf, type Schema, valuesOf } from '../schema.ts'
import { type CompiledRule, compileRules, rulesOf } from './compile-rules.ts'
import {
  Correlated,
  isUnchanged,
  noRatchet,
  previousItems,
  type Ratchet,
  ratchetAt,
} from './correlation.ts'
import { escapeName } from './escape.ts'
import { type Bindings, Budget, evaluateRule } from './evaluate-rule.ts'
import { type SchemaType, schemaType } from './schema-type.ts'

/** What the rules of one write may cost together: upstream's RuntimeCELCostBudget. */
const budgetOfWrite = 10_000_000

export interface RuleOutcome {
  readonly errors: readonly FieldError[]
  /** Errors that are passed over because nothing changed there. */
  readonly warnings: readonly string[]
}

export interface RunOptions {
  readonly previous?: unknown
  /** Errors of what is as it was are passed over. */
  readonly isRatcheting?: boolean
  /** Where the value is; '' for a whole object. */
  readonly path?: string
}

export type RunRules = (value: unknown, options?: RunOptions) => RuleOutcome

const nothing: RuleOutcome = { errors: [], warnings: [] }

export function hasRules(schema: Schema): boolean {
  return hasSchema(schema, (part) => rulesOf(part).length > 0)
}

/** `isWhole`: the value is an object with apiVersion, kind and metadata. */
export function compileRuleRun(schema: Schema, isWhole: boolean): RunRules {
  if (!hasRules(schema)) return () => nothing
  const node = nodeOf(schema, schemaType(schema, { name: 'selfType', isWhole }))
  if (!node) return () => nothing
  return (value, { previous, isRatcheting = false, path = '' } = {}) => {
    const run = new Run()
    const ratchet = isRatcheting
      ? { current: new Correlated(schema, value, previous), nearest: undefined }
      : noRatchet
    run.visit(node, { value, previous, path, ratchet })
    return { errors: run.errors, warnings: run.warnings }
  }
}

interface Node {
  readonly schema: Schema
  readonly type: SchemaType
  readonly rules: readonly CompiledRule[]
  readonly parts: ReadonlyMap<string, Node>
  readonly values: Node | undefined
  readonly items: Node | undefined
}

/** Undefined where neither it nor its parts have rules that can see anything. */
function nodeOf(schema: Schema, type: SchemaType | undefined): Node | undefined {
  if (!type || !hasRules(schema)) return undefined
  const items = itemsOf(schema)
  const values = valuesOf(schema)
  const parts = new Map<string, Node>()
  for (const [key, part] of propertiesOf(schema)) {
    const node = nodeOf(part, partType(key, part, type))
    if (node) parts.set(key, node)
  }
  return {
    schema,
    type,
    rules: compileRules(schema, type),
    parts,
    values: values && nodeOf(values, type.element),
    items: items && nodeOf(items, type.element),
  }
}

/** Names that rules cannot write have types of their own. */
export function partType(
  key: string,
  part: Schema,
  { fields }: SchemaType,
): SchemaType | undefined {
  const escaped = escapeName(key)
  if (escaped !== undefined) return fields?.get(escaped)
  return schemaType(part, { name: 'selfType', isWhole: isEmbedded(part) })
}

interface Visited {
  readonly value: unknown
  readonly previous: unknown
  readonly path: string
  readonly ratchet: Ratchet
}

class Run {
  readonly errors: FieldError[] = []
  readonly warnings: string[] = []
  readonly #budget = new Budget(budgetOfWrite)
  #isEnded = false

  visit(node: Node, visited: Visited): void {
    const { value, previous, path, ratchet } = visited
    if (value === null || value === undefined || this.#isEnded) return
    this.#runRules(node, visited)
    if (Array.isArray(value)) this.#visitItems(node, { ...visited, value })
    else if (isDraft(value)) {
      const before = isDraft(previous) ? previous : {}
      const visitPart = (part: Node, key: string, place: string) =>
        this.visit(part, {
          value: value[key],
          previous: Object.hasOwn(before, key) ? before[key] : undefined,
          path: place,
          ratchet: ratchetAt(ratchet, key),
        })
      for (const key of Object.keys(value)) {
        const part = node.parts.get(key)
        if (node.values) visitPart(node.values, key, at(path, key))
        else if (part) visitPart(part, key, child(path, key))
      }
    }
  }

  #visitItems({ schema, items }: Node, visited: Visited & { readonly value: unknown[] }): void {
    if (!items) return
    const { value, previous, path, ratchet } = visited
    const previousOf = previousItems(schema, previous)
    for (const [index, item] of value.entries()) {
      this.visit(items, {
        value: item,
        previous: previousOf(item),
        path: at(path, index),
        ratchet: ratchetAt(ratchet, index),
      })
    }
  }

  #runRules({ schema, type, rules }: Node, { value, previous, path, ratchet }: Visited): void {
    if (rules.length === 0) return
    const hasPrevious = previous !== undefined && previous !== null
    const self = once(() => type.toCel(value))
    const oldSelf = hasPrevious ? once(() => type.toCel(previous)) : undefined
    for (const rule of rules) {
      if (this.#isEnded) return
      const bindings = bindingsOf(rule, self, oldSelf)
      if (!bindings) continue
      const failure = evaluateRule(rule, { schema, value, path, bindings }, this.#budget)
      if (!failure) continue
      const isPassed = failure.isRatchetable && !rule.usesOldSelf && isUnchanged(ratchet)
      const error = { ...failure.error, field: failure.error.field || '<nil>' }
      if (isPassed) this.warnings.push(`${error.field}: ${errorBody(error)}`)
      else this.errors.push(error)
      this.#isEnded ||= failure.isEnd
    }
  }
}

type Value = () => CelValue

/** Made when a rule first comes to it; what is no value of its schema fails there. */
function once(make: Value): Value {
  let made: CelValue | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** Undefined for a rule about changes where nothing was before. */
function bindingsOf(
  { usesOldSelf, rule }: CompiledRule,
  self: Value,
  oldSelf: Value | undefined,
): Bindings | undefined {
  const isOptional = rule.optionalOldSelf === true
  if (usesOldSelf && !oldSelf && !isOptional) return undefined
  return {
    get self() {
      return self()
    },
    get oldSelf() {
      return isOptional ? new Optional(oldSelf?.()) : oldSelf?.()
    },
  }
}
