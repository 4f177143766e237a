// Table of the macros: calls that are rewritten before they are checked.

import type { Ast, Binding, LoopKind } from './ast.ts'
import { SyntaxProblem } from './lexer.ts'

type Call = Extract<Ast, { node: 'call' }>

/** The number of arguments -> what the call becomes; other numbers are ordinary calls. */
type Macro = (call: Call, target: Ast) => Ast

const memberMacros: Readonly<Record<string, Macro>> = {
  'all/2': (call, range) => loop('all', call, range),
  'all/3': (call, range) => loop('all', call, range),
  'exists/2': (call, range) => loop('exists', call, range),
  'exists/3': (call, range) => loop('exists', call, range),
  'exists_one/2': (call, range) => loop('existsOne', call, range),
  'existsOne/2': (call, range) => loop('existsOne', call, range),
  'exists_one/3': (call, range) => loop('existsOne', call, range),
  'existsOne/3': (call, range) => loop('existsOne', call, range),
  'filter/2': (call, range) => loop('filter', call, range),
  'map/2': (call, range) => loop('map', call, range),
  'map/3': (call, range) => filtered('map', call, range, 1),
  'transformList/3': (call, range) => loop('transformList', call, range),
  'transformList/4': (call, range) => filtered('transformList', call, range, 2),
  'transformMap/3': (call, range) => loop('transformMap', call, range),
  'transformMap/4': (call, range) => filtered('transformMap', call, range, 2),
  'transformMapEntry/3': (call, range) => loop('transformMapEntry', call, range),
  'transformMapEntry/4': (call, range) => filtered('transformMapEntry', call, range, 2),
  'sortBy/2': sortedBy,
  'optMap/2': (call, value) => bound('optMap', call, value),
  'optFlatMap/2': (call, value) => bound('optFlatMap', call, value),
}

export function expandMacro(call: Call): Ast {
  const { name, target, args } = call
  if (!target) return name === 'has' && args.length === 1 ? tested(call) : call
  if (target.node === 'name' && target.name === 'cel' && name === 'bind' && args.length === 3) {
    const [variable, value, body] = args
    if (!variable || !value || !body) return call
    return { ...pairOf(call, variable), kind: 'bind', value, body }
  }
  return memberMacros[`${name}/${args.length}`]?.(call, target) ?? call
}

function tested({ args, at }: Call): Ast {
  const [argument] = args
  if (argument?.node !== 'select') {
    throw new SyntaxProblem(argument?.at ?? at, 'invalid argument to has() macro')
  }
  return { ...argument, isTest: true }
}

function loop(kind: LoopKind, { at, args }: Call, range: Ast): Ast {
  const body = args.at(-1)
  if (!body) throw new SyntaxProblem(at, 'missing argument')
  const variables = args.slice(0, -1).map(variableName)
  return { node: 'loop', at, kind, range, variables, filter: undefined, body }
}

function filtered(kind: LoopKind, { at, args }: Call, range: Ast, count: number): Ast {
  const [filter, body] = args.slice(count)
  if (!filter || !body) throw new SyntaxProblem(at, 'missing argument')
  const variables = args.slice(0, count).map(variableName)
  return { node: 'loop', at, kind, range, variables, filter, body }
}

/** target.sortBy(x, key): sorted by a list of the keys, made of the target that is bound once. */
function sortedBy(call: Call, target: Ast): Ast {
  const { at } = call
  const variable = '@sortBy'
  const input: Ast = { node: 'name', at, name: variable }
  const keys = loop('map', call, input)
  const body: Ast = { ...call, name: '@sortByAssociatedKeys', target: input, args: [keys] }
  return { node: 'binding', at, kind: 'bind', variable, value: target, body }
}

function bound(kind: Binding['kind'], call: Call, value: Ast): Ast {
  const [variable, body] = call.args
  if (!variable || !body) return call
  return { ...pairOf(call, variable), kind, value, body }
}

function pairOf({ at }: Call, variable: Ast) {
  return { node: 'binding' as const, at, variable: variableName(variable) }
}

function variableName(ast: Ast): string {
  if (ast.node === 'name') return ast.name
  throw new SyntaxProblem(ast.at, 'argument must be a simple name')
}
