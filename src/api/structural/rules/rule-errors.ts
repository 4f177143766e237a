// What is wrong with the rules of a definition's schema once the schema itself is sound: what does
// not compile, what may cost too much, what speaks of changes that cannot be told.

import { mostUnits } from '../../../cel/cost/range.ts'
import { type FieldError, forbidden, internalError, invalid } from '../../field-error.ts'
import type { ValidationRule } from '../../types.gen.ts'
import { at, child } from '../../validation/field-path.ts'
import { isEmbedded, itemsOf, propertiesOf, type Schema, valuesOf } from '../schema.ts'
import { type CompiledRule, compileRules, rulesOf } from './compile-rules.ts'
import { escapeName } from './escape.ts'
import { rulePath } from './rule-texts.ts'
import { hasRules, partType } from './run-rules.ts'
import { mostBytes, type SchemaType, schemaType } from './schema-type.ts'

/** Of one expression, times how often it may run; and of all of a version together. */
const mostOfExpression = 10_000_000
const mostOfSchema = 100_000_000

/** The most expensive expressions that are named when the sum is too much. */
const mostNamed = 4

export interface RuleErrorOptions {
  readonly path: string
  /** Errors of the schema itself: rules above them can't be told to be right or wrong. */
  readonly schemaErrors: readonly FieldError[]
  /** As it was before an update: what an expression costs was accepted then. */
  readonly isUnchanged: boolean
}

export function ruleErrors(schema: Schema, options: RuleErrorOptions): FieldError[] {
  if (!hasRules(schema)) return []
  const check = new Check(options)
  const { path } = options
  check.visit(schema, { path, isWhole: true, cardinality: 1, type: undefined, unknownOld: '' })
  return [...check.errors, ...check.sumErrors(path)]
}

interface Place {
  readonly path: string
  readonly isWhole: boolean
  /** How often such a value may be in one object; undefined: no telling. */
  readonly cardinality: number | undefined
  /** As the schema above has it; undefined where none above has rules. */
  readonly type: SchemaType | undefined
  /** The list above whose items can't be compared with what they were; '' for none. */
  readonly unknownOld: string
}

interface Cost {
  readonly path: string
  readonly cost: number
}

class Check {
  readonly errors: FieldError[] = []
  readonly #options: RuleErrorOptions
  readonly #costs: Cost[] = []

  constructor(options: RuleErrorOptions) {
    this.#options = options
  }

  visit(schema: Schema, place: Place): void {
    if (!hasRules(schema)) return
    const hasOwn = rulesOf(schema).length > 0
    const { path, isWhole } = place
    const type =
      place.type ?? (hasOwn ? schemaType(schema, { name: 'selfType', isWhole }) : undefined)
    this.#visitParts(schema, { ...place, type })
    if (!hasOwn || this.#isUnsound(path)) return
    const rulesPath = child(path, 'x-kubernetes-validations')
    if (!type) {
      const why = 'unable to convert structural schema to CEL declarations'
      const detail = `internal error: failed to construct type information for x-kubernetes-validations rules: ${why}`
      this.errors.push(internalError(rulesPath, detail))
      return
    }
    for (const [index, rule] of compileRules(schema, type, true).entries()) {
      this.#checkRule(rule, rulePath(path, index), { ...place, type })
    }
  }

  #isUnsound(path: string): boolean {
    return this.#options.schemaErrors.some(({ field }) => field.startsWith(`${path}.`))
  }

  #visitParts(schema: Schema, place: Place): void {
    const { path, type } = place
    const items = itemsOf(schema)
    const values = valuesOf(schema)
    const inner = { ...place, cardinality: cardinalityWithin(schema, place.cardinality) }
    if (values) {
      const isWhole = isEmbedded(values)
      const below = child(path, 'additionalProperties')
      this.visit(values, { ...inner, isWhole, path: below, type: type?.element })
    }
    for (const [key, part] of propertiesOf(schema)) {
      const below = at(child(path, 'properties'), key)
      const known = type && escapeName(key) !== undefined ? partType(key, part, type) : undefined
      this.visit(part, { ...inner, isWhole: isEmbedded(part), path: below, type: known })
    }
    if (items) {
      const isMap = schema['x-kubernetes-list-type'] === 'map'
      const unknownOld = place.unknownOld || (isMap ? '' : path)
      const below = child(path, 'items')
      const isWhole = isEmbedded(items)
      this.visit(items, { ...inner, isWhole, path: below, type: type?.element, unknownOld })
    }
  }

  #checkRule(compiled: CompiledRule, path: string, place: Place & { type: SchemaType }): void {
    const { rule, program, error, message, messageError, usesOldSelf } = compiled
    const rulePlace = child(path, 'rule')
    const messagePlace = child(path, 'messageExpression')
    this.#price(rulePlace, 'estimated rule cost', timesRun(program?.maxCost ?? 0, place))
    if (error) this.errors.push(invalid(rulePlace, shown(rule), error))
    if (messageError) this.errors.push(invalid(messagePlace, shown(rule), messageError))
    else if (message) {
      this.#price(messagePlace, 'estimated messageExpression cost', message.maxCost ?? 0)
    }
    if (usesOldSelf && place.unknownOld) {
      const what = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.unknownOld}`
      this.errors.push(invalid(rulePlace, rule.rule, what))
    } else if (!usesOldSelf && rule.optionalOldSelf !== undefined) {
      const what = 'may not be set if oldSelf is not used in rule'
      this.errors.push(invalid(child(path, 'optionalOldSelf'), rule.optionalOldSelf, what))
    }
  }

  #price(path: string, name: string, cost: number): void {
    this.#costs.push({ path, cost })
    if (cost <= mostOfExpression || this.#options.isUnchanged) return
    this.errors.push(forbidden(path, costText(name, cost, mostOfExpression)))
  }

  /** Where the sum is too much: who contributed most, and by how much. */
  sumErrors(path: string): FieldError[] {
    const sum = this.#costs.reduce((total, { cost }) => Math.min(total + cost, mostUnits), 0)
    if (sum <= mostOfSchema) return []
    const named = this.#costs
      .filter(({ cost }) => cost >= mostOfSchema / 100)
      .toSorted((a, b) => b.cost - a.cost)
      .slice(0, mostNamed)
    const contributed =
      'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'
    const name = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
    return [
      ...named.map((each) => forbidden(each.path, contributed)),
      forbidden(path, costText(name, sum, mostOfSchema)),
    ]
  }
}

/** A rule as upstream's messages show it: all its fields, under the names they have in there. */
function shown(rule: ValidationRule): Readonly<Record<string, unknown>> {
  return {
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  }
}

/** Where there is no telling: as often as the smallest such value fits into a request. */
function timesRun(cost: number, { cardinality, type }: Place & { type: SchemaType }): number {
  const times = cardinality ?? Math.floor(mostBytes / (type.minSize + 1))
  return Math.min(cost * times, mostUnits)
}

function cardinalityWithin(schema: Schema, outer: number | undefined): number | undefined {
  const { type, maxItems, maxProperties, additionalProperties } = schema
  if (outer === undefined) return undefined
  const isMap = type === 'object' && additionalProperties !== undefined
  if (type !== 'array' && !isMap) return outer
  const most = isMap ? maxProperties : maxItems
  return most === undefined ? undefined : Math.min(outer * Math.max(0, most), mostUnits)
}

function costText(name: string, cost: number, limit: number): string {
  const times = cost / limit
  const factor =
    times > 100 ? 'more than 100x' : times < 1.5 ? `${times.toFixed(6)}x` : `${times.toFixed(1)}x`
  return `${name} exceeds budget by factor of ${factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`
}
