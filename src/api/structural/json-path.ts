// JSONPath of printer columns and field selectors, as kubectl's: .a.b, ['a.b'], [0], [-1], [1:3],
// [*], .., [?(@.type=="Ready")]. Text -> a function from a value to all that is found in it.

import { type DraftValue, isDraft } from '../draft.ts'

export class JsonPathError extends Error {}

export type FindAll = (value: DraftValue | undefined) => DraftValue[]

type Step = (values: readonly DraftValue[]) => DraftValue[]

/** Throws JsonPathError. A leading dot or $ may be missing. */
export function compileJsonPath(text: string): FindAll {
  const steps = stepsOf(text.replace(/^\$/, ''))
  return (value) => {
    let found: DraftValue[] = value === undefined ? [] : [value]
    for (const step of steps) found = step(found)
    return found
  }
}

const token =
  /\.\.(?<deep>[^.[\]]+)|\.(?<name>(?:\\.|[^.[\]\\])+)|\[(?<inside>\?\((?:[^"'()]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')*\)|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\]]*)\]|(?<end>\.)$/y

function stepsOf(text: string): Step[] {
  const path = text.startsWith('.') || text.startsWith('[') || text === '' ? text : `.${text}`
  const steps: Step[] = []
  for (let index = 0; index < path.length; ) {
    token.lastIndex = index
    const match = token.exec(path)
    if (!match?.groups)
      throw new JsonPathError(`unexpected path ${JSON.stringify(path.slice(index))}`)
    const { deep, name, inside } = match.groups
    if (deep !== undefined) steps.push(everyWhere, fieldStep(deep))
    else if (name !== undefined) steps.push(fieldStep(name.replaceAll(/\\(.)/g, '$1')))
    else if (inside !== undefined) steps.push(bracketStep(inside))
    index += match[0].length
  }
  return steps
}

function fieldStep(name: string): Step {
  if (name === '*') return children
  return (values) =>
    values.flatMap((value) => {
      if (!isDraft(value) || !Object.hasOwn(value, name)) return []
      return [value[name] ?? null]
    })
}

const children: Step = (values) => values.flatMap(childrenOf)

function childrenOf(value: DraftValue): DraftValue[] {
  if (Array.isArray(value)) return value
  if (!isDraft(value)) return []
  return Object.values(value).filter((inner) => inner !== undefined)
}

const everyWhere: Step = (values) =>
  values.flatMap((value) => [value, ...everyWhere(childrenOf(value))])

function bracketStep(inside: string): Step {
  if (inside === '*') return children
  const quoted = /^(["'])(.*)\1$/.exec(inside)
  if (quoted) return fieldStep(unescaped(quoted[2] ?? ''))
  if (inside.startsWith('?(')) return filterStep(inside.slice(2, -1))
  if (/^-?\d+(?:,-?\d+)+$/.test(inside)) {
    const picks = inside.split(',').map((index) => indexStep(Number(index)))
    return (values) => picks.flatMap((pick) => pick(values))
  }
  if (/^-?\d+$/.test(inside)) return indexStep(Number(inside))
  const range = /^(-?\d*):(-?\d*)(?::(\d+))?$/.exec(inside)
  if (!range) throw new JsonPathError(`invalid array index ${inside}`)
  const [, from = '', to = '', by = '1'] = range
  return (values) =>
    values.flatMap((value) => {
      if (!Array.isArray(value)) return []
      const part = value.slice(Number(from), to === '' ? undefined : Number(to))
      return part.filter((_, index) => index % Number(by) === 0)
    })
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, '$1')
}

function indexStep(index: number): Step {
  return (values) =>
    values.flatMap((value) => {
      const item = Array.isArray(value) ? value.at(index) : undefined
      return item === undefined ? [] : [item]
    })
}

type Operand = (item: DraftValue) => DraftValue | undefined

const comparison = /^(?<left>.*?)\s*(?<operator>==|!=|<=|>=|<|>)\s*(?<right>.*)$/

/** [?(@.a.b == "text")], or [?(@.a)] for what is there. */
function filterStep(condition: string): Step {
  const parts = comparison.exec(condition.trim())?.groups
  const left = operand(parts?.['left'] ?? condition.trim())
  const right = parts && operand(parts['right'] ?? '')
  const isMatch = (item: DraftValue) => {
    const value = left(item)
    if (value === undefined) return false
    if (!right) return true
    return compares(value, parts?.['operator'] ?? '', right(item))
  }
  return (values) => values.flatMap((value) => childrenOf(value).filter(isMatch))
}

function operand(text: string): Operand {
  const quoted = /^(["'])(.*)\1$/.exec(text.trim())
  if (quoted) return () => unescaped(quoted[2] ?? '')
  if (/^-?\d+(?:\.\d+)?$/.test(text.trim())) return () => Number(text)
  if (text.trim() === 'true' || text.trim() === 'false') return () => text.trim() === 'true'
  if (!text.trim().startsWith('@')) throw new JsonPathError(`unrecognized identifier ${text}`)
  const find = compileJsonPath(text.trim().slice(1))
  return (item) => find(item)[0]
}

function compares(left: DraftValue, operator: string, right: DraftValue | undefined): boolean {
  if (right === undefined || right === null || left === null) return false
  switch (operator) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    default:
      return left >= right
  }
}
