// The grammar of label selectors: `app in (a,b),!old,tier=web` -> terms, not yet checked.
// Source of the rules and words: apimachinery's labels.Parser.

import { qualifiedNameProblems } from '../validation/names.ts'

export type LabelOperator = '=' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt'

export interface LabelRequirement {
  readonly key: string
  readonly operator: LabelOperator
  readonly values: readonly string[]
}

/** A selector that cannot be understood; the message is upstream's. */
export class SelectorError extends Error {}

/** Throws SelectorError. */
export function readLabelTerms(text: string): LabelRequirement[] {
  return new Reader(text).terms()
}

const token = /\s*(==|!=|=|!|,|\(|\)|>|<|[^\s=!(),<>]+)/gy

const operators: Readonly<Record<string, LabelOperator>> = {
  '=': '=',
  '==': '=',
  '!=': '!=',
  in: 'in',
  notin: 'notin',
  '>': 'gt',
  '<': 'lt',
}

/** Words are identifiers, `in` and `notin` too unless an operator is expected. */
function isIdentifier(text: string): boolean {
  return text !== '' && !/^[!=<>(),]/.test(text)
}

/** Recursive descent over the tokens; the empty token is the end. */
class Reader {
  readonly #tokens: readonly string[]
  #at = 0

  constructor(text: string) {
    this.#tokens = [...text.matchAll(token)].map((match) => match[1] ?? '')
  }

  terms(): LabelRequirement[] {
    const terms: LabelRequirement[] = []
    for (;;) {
      const first = this.#peek()
      if (first === '') return terms
      if (first !== '!' && !isIdentifier(first)) {
        throw new SelectorError(`found '${first}', expected: !, identifier, or 'end of string'`)
      }
      terms.push(this.#term())
      const separator = this.#next()
      if (separator === '') return terms
      if (separator !== ',') {
        throw new SelectorError(`found '${separator}', expected: ',' or 'end of string'`)
      }
      const following = this.#peek()
      if (following !== '!' && !isIdentifier(following)) {
        throw new SelectorError(`found '${following}', expected: identifier after ','`)
      }
    }
  }

  #term(): LabelRequirement {
    const isAbsent = this.#peek() === '!'
    if (isAbsent) this.#next()
    const key = this.#next()
    if (!isIdentifier(key)) throw unreadable(`found '${key}', expected: identifier`)
    const problems = qualifiedNameProblems(key)
    if (problems.length > 0) {
      throw unreadable(`<nil>: Invalid value: ${JSON.stringify(key)}: ${problems.join('; ')}`)
    }
    if (isAbsent) return { key, operator: '!', values: [] }
    if (this.#peek() === '' || this.#peek() === ',') return { key, operator: 'exists', values: [] }
    const operator = this.#operator()
    const isSet = operator === 'in' || operator === 'notin'
    return { key, operator, values: isSet ? this.#valueSet() : [this.#exactValue()] }
  }

  #operator(): LabelOperator {
    const text = this.#next()
    const operator = operators[text]
    if (!operator) throw unreadable(`found '${text}', expected: in, notin, =, ==, !=, gt, lt`)
    return operator
  }

  #exactValue(): string {
    const first = this.#peek()
    if (first === '' || first === ',') return ''
    const value = this.#next()
    if (!isIdentifier(value)) throw unreadable(`found '${value}', expected: identifier`)
    return value
  }

  #valueSet(): string[] {
    const open = this.#next()
    if (open !== '(') throw unreadable(`found '${open}' expected: '('`)
    const first = this.#peek()
    if (first === ')') {
      this.#next()
      return ['']
    }
    if (first !== ',' && !isIdentifier(first)) {
      throw unreadable(`found '${first}', expected: ',', ')' or identifier`)
    }
    return [...this.#identifiers()].toSorted()
  }

  /** (a,b), (,a), (a,,b), (a,): an empty place is the empty value. */
  #identifiers(): Set<string> {
    const values = new Set<string>()
    for (;;) {
      const text = this.#next()
      if (text === ',') {
        if (values.size === 0) values.add('')
        if (this.#peek() === ')' || this.#peek() === ',') values.add('')
      } else if (isIdentifier(text)) values.add(text)
      else throw unreadable(`found '${text}', expected: ',', or identifier`)
      const follower = this.#peek()
      if (follower === ')') {
        this.#next()
        return values
      }
      if (text !== ',' && follower !== ',') {
        throw unreadable(`found '${follower}', expected: ',' or ')'`)
      }
    }
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? ''
  }

  #next(): string {
    return this.#tokens[this.#at++] ?? ''
  }
}

function unreadable(problem: string): SelectorError {
  return new SelectorError(`unable to parse requirement: ${problem}`)
}
