// One rule against one value: evaluated within the budget that is left, and what its failure is
// called. Words: upstream's.

import { CelError, CostError, type Program } from '../../../cel/program.ts'
import type { CelValue } from '../../../cel/values.ts'
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  omitted,
  required,
} from '../../field-error.ts'
import type { ValidationRule } from '../../types.gen.ts'
import { child } from '../../validation/field-path.ts'
import type { Schema } from '../schema.ts'
import type { CompiledRule } from './compile-rules.ts'

/** Of one evaluation, in units of CEL's cost. */
const perCallLimit = 1_000_000
const mostMessageBytes = 5 * 1024

/** What all rules of one write may cost together. */
export class Budget {
  left: number
  constructor(left: number) {
    this.left = left
  }
}

export type Bindings = {
  readonly self: CelValue
  readonly oldSelf: CelValue | undefined
}

export interface RulePlace {
  readonly schema: Schema
  readonly value: unknown
  readonly path: string
  readonly bindings: Bindings
}

export interface RuleFailure {
  readonly error: FieldError
  /** No more rules are run. */
  readonly isEnd: boolean
  /** The rule was run and is not met: may be passed over where nothing changed. */
  readonly isRatchetable: boolean
}

/** Undefined where the rule holds. */
export function evaluateRule(
  compiled: CompiledRule,
  place: RulePlace,
  budget: Budget,
): RuleFailure | undefined {
  const { rule, program } = compiled
  if (budget.left <= 0) return outOfBudget(place)
  if (compiled.error) return compileFailure(compiled.error, place)
  if (!program) return undefined
  const { value, error, isSpent } = evaluate(program, place, budget)
  if (isSpent) return outOfBudget(place)
  if (error) return failedEvaluation(error, rule, place)
  if (value === true) return undefined
  return notMet(compiled, place, budget)
}

interface Evaluated {
  readonly value?: CelValue
  readonly error?: CelError
  /** More than what was left. */
  readonly isSpent: boolean
}

function evaluate(program: Program, { bindings }: RulePlace, budget: Budget): Evaluated {
  let cost = 0
  const onCost = (spent: number) => {
    cost = spent
  }
  let outcome: Pick<Evaluated, 'value' | 'error'>
  try {
    outcome = { value: program.evaluate(bindings, { costLimit: perCallLimit, onCost }) }
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    outcome = { error }
  }
  if (cost > budget.left) return { isSpent: true }
  budget.left -= cost
  return { ...outcome, isSpent: false }
}

function outOfBudget({ schema, path }: RulePlace): RuleFailure {
  const detail =
    'validation failed due to running out of cost budget, no further validation rules will be run'
  return { error: invalid(path, schema.type ?? '', detail), isEnd: true, isRatchetable: false }
}

function compileFailure(error: string, { schema, path }: RulePlace): RuleFailure {
  const detail = `rule compile error: ${error}`
  return { error: invalid(path, schema.type ?? '', detail), isEnd: false, isRatchetable: false }
}

function failedEvaluation(
  error: CelError,
  rule: ValidationRule,
  { schema, path }: RulePlace,
): RuleFailure {
  const text = ruleText(rule)
  const isEnd = error instanceof CostError
  const detail = isEnd
    ? `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${text}`
    : error.message.startsWith('no such overload')
      ? `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${text}`
      : `${error.message} evaluating rule: ${text}`
  return { error: invalid(path, schema.type ?? '', detail), isEnd, isRatchetable: false }
}

function notMet(compiled: CompiledRule, place: RulePlace, budget: Budget): RuleFailure {
  const { rule } = compiled
  const path = child(place.path, compiled.path)
  const { schema, value } = place
  const message = messageOf(compiled, place, budget)
  if (message.isEnd) {
    const error = invalid(path, schema.type ?? '', message.text)
    return { error, isEnd: true, isRatchetable: true }
  }
  const shown = schema.type === 'object' || schema.type === 'array' ? omitted : value
  const error = errorFor(rule.reason, { path, shown, detail: message.text })
  return { error, isEnd: false, isRatchetable: true }
}

interface Failed {
  readonly path: string
  readonly shown: unknown
  readonly detail: string
}

function errorFor(reason: ValidationRule['reason'], { path, shown, detail }: Failed): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(path, detail)
    case 'FieldValueRequired':
      return required(path, detail)
    case 'FieldValueDuplicate':
      return duplicate(path, shown)
    default:
      return invalid(path, shown, detail)
  }
}

interface Message {
  readonly text: string
  readonly isEnd: boolean
}

/** By the message expression; where that yields nothing usable, the message or the rule. */
function messageOf({ rule, message }: CompiledRule, place: RulePlace, budget: Budget): Message {
  const plain = rule.message ? rule.message.trim() : `failed rule: ${ruleText(rule)}`
  if (!message) return { text: plain, isEnd: false }
  const { value, error, isSpent } = evaluate(message, place, budget)
  if (isSpent) {
    const text =
      'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run'
    return { text, isEnd: true }
  }
  if (error instanceof CostError) {
    const text = `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}`
    return { text, isEnd: true }
  }
  const text = typeof value === 'string' ? value.trim() : ''
  const isUsable =
    text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= mostMessageBytes
  return { text: isUsable ? text : plain, isEnd: false }
}

function ruleText({ rule, message }: ValidationRule): string {
  return (message || rule).trim()
}
