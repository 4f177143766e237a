// Tokens to a syntax tree, by CEL's grammar; macros are expanded on the way.

import type { Ast, ListItem, MapEntry, StructField } from './ast.ts'
import { SyntaxProblem, type Token, tokensOf } from './lexer.ts'
import { expandMacro } from './macros.ts'

/** Deeper expressions are refused; cel-go's limit is 250 as well. */
const mostDepth = 250

/** Operators, fields and calls of one expression: each may nest the tree by one. */
const mostLinks = 5000

const levels: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['<', '<=', '>=', '>', '==', '!=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
]

/** What an operand may begin with, as cel-go lists it. */
const operandStarts =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

const operatorNames: Readonly<Record<string, string>> = { in: '@in' }
const reserved = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

/** Throws SyntaxProblem. */
export function parse(source: string): Ast {
  const parser = createParser(tokensOf(source))
  return parser.whole()
}

function createParser(tokens: readonly Token[]) {
  let next = 0
  let depth = 0
  let links = 0
  const end = tokens.at(-1) ?? { type: 'end' as const, at: 0, text: '<EOF>' }

  const peek = (): Token => tokens[next] ?? end
  const isSign = (text: string) => peek().type === 'sign' && peek().text === text
  const isOperator = (text: string) =>
    text === 'in' ? peek().type === 'name' && peek().text === 'in' : isSign(text)

  /**
   * `expected` is what cel-go's grammar could go on with here, where that is told; a token is
   * extraneous where it goes on without it.
   */
  function unexpected(token: Token = peek(), expected = '', isExtraneous = true): SyntaxProblem {
    const isMismatch = token.type === 'end' || !isExtraneous
    const shown = token.type === 'end' ? '<EOF>' : token.text
    const what = `${isMismatch ? 'mismatched' : 'extraneous'} input '${shown}'`
    const rest = expected ? ` expecting ${expected}` : ''
    return new SyntaxProblem(token.at, `Syntax error: ${what}${rest}`)
  }

  function take(): Token {
    const token = peek()
    next++
    return token
  }

  function accept(text: string): boolean {
    const found = isSign(text)
    if (found) next++
    return found
  }

  function expect(text: string): void {
    if (!accept(text)) throw unexpected()
  }

  /** Counts a step of a chain such as a.b.c or 1 + 1 + 1. */
  function link(at: number): void {
    if (++links > mostLinks)
      throw new SyntaxProblem(at, `expression exceeds ${mostLinks} operations`)
  }

  function whole(): Ast {
    const ast = expression()
    if (peek().type !== 'end') throw unexpected(peek(), '<EOF>', tokens[next + 1] === end)
    return ast
  }

  function expression(): Ast {
    if (++depth > mostDepth) {
      throw new SyntaxProblem(peek().at, `expression recursion limit exceeded: ${mostDepth}`)
    }
    const condition = binary(0)
    const { at } = peek()
    let ast = condition
    if (accept('?')) {
      const then = binary(0)
      expect(':')
      ast = {
        node: 'call',
        at,
        name: '_?_:_',
        target: undefined,
        args: [condition, then, expression()],
      }
    }
    depth--
    return ast
  }

  function binary(level: number): Ast {
    const operators = levels[level]
    if (!operators) return unary()
    let left = binary(level + 1)
    for (;;) {
      const operator = operators.find(isOperator)
      if (operator === undefined) return left
      const { at } = take()
      link(at)
      const name = operatorNames[operator] ?? `_${operator}_`
      left = { node: 'call', at, name, target: undefined, args: [left, binary(level + 1)] }
    }
  }

  function unary(): Ast {
    const { at } = peek()
    const sign = isSign('!') ? '!' : isSign('-') ? '-' : undefined
    if (sign === undefined) return member()
    let count = 0
    while (accept(sign)) count++
    if (sign === '-' && count % 2 === 1 && peek().type === 'int') return memberOf(number('-', at))
    const of = member()
    if (sign === '-' && count % 2 === 1 && of.node === 'literal' && typeof of.value === 'number') {
      return { ...of, at, value: -of.value }
    }
    if (count % 2 === 0) return of
    return { node: 'call', at, name: sign === '!' ? '!_' : '-_', target: undefined, args: [of] }
  }

  function number(sign: '' | '-', at: number): Ast {
    const value = BigInt(take().text) * (sign ? -1n : 1n)
    if (value > 2n ** 63n - 1n || value < -(2n ** 63n)) {
      throw new SyntaxProblem(at, 'invalid int literal')
    }
    return { node: 'literal', at, value }
  }

  function member(): Ast {
    return memberOf(primary())
  }

  function memberOf(start: Ast): Ast {
    let ast = start
    for (;;) {
      const { at } = peek()
      link(at)
      if (accept('.')) ast = dotted(ast, at)
      else if (accept('[')) ast = indexed(ast, at)
      else if (isSign('{') && structName(ast) !== undefined) ast = struct(structName(ast) ?? '', at)
      else return ast
    }
  }

  function dotted(of: Ast, at: number): Ast {
    const isOptional = accept('?')
    const token = take()
    const isField = token.type === 'quoted' || (token.type === 'name' && token.text !== 'in')
    if (!isField) throw unexpected(token, 'IDENTIFIER', false)
    if (token.type === 'name' && !isOptional && isSign('(')) {
      const open = take()
      return called(token.text, of, { args: list(')'), at: open.at })
    }
    return { node: 'select', at, of, field: token.text, isOptional, isTest: false }
  }

  function indexed(of: Ast, at: number): Ast {
    const isOptional = accept('?')
    const key = expression()
    expect(']')
    const name = isOptional ? '_[?_]' : '_[_]'
    return { node: 'call', at, name, target: undefined, args: [of, key] }
  }

  function primary(): Ast {
    const token = peek()
    if (token.type === 'literal') {
      next++
      return { node: 'literal', at: token.at, value: token.value }
    }
    if (token.type === 'int') return number('', token.at)
    next++
    if (token.type === 'name') return named(token)
    if (token.text === '.' && peek().type === 'name') return named(take())
    if (token.text === '(') {
      const inner = expression()
      expect(')')
      return inner
    }
    if (token.text === '[') return { node: 'list', at: token.at, items: items() }
    if (token.text === '{') return { node: 'map', at: token.at, entries: entries() }
    throw unexpected(token, operandStarts)
  }

  function named({ text, at }: Token): Ast {
    if (reserved.has(text)) throw new SyntaxProblem(at, `reserved identifier: ${text}`)
    if (!isSign('(')) return { node: 'name', at, name: text }
    const open = take()
    return called(text, undefined, { args: list(')'), at: open.at })
  }

  function called(
    name: string,
    target: Ast | undefined,
    { args, at }: { readonly args: readonly Ast[]; readonly at: number },
  ): Ast {
    return expandMacro({ node: 'call', at, name, target, args })
  }

  function list(close: string): Ast[] {
    const found: Ast[] = []
    while (!accept(close)) {
      if (found.length > 0) expect(',')
      found.push(expression())
    }
    return found
  }

  function items(): ListItem[] {
    const found: ListItem[] = []
    while (!accept(']')) {
      const isOptional = accept('?')
      found.push({ isOptional, value: expression() })
      if (!isSign(']')) expect(',')
    }
    return found
  }

  function entries(): MapEntry[] {
    const found: MapEntry[] = []
    while (!accept('}')) {
      const isOptional = accept('?')
      const key = expression()
      expect(':')
      found.push({ isOptional, key, value: expression() })
      if (!isSign('}')) expect(',')
    }
    return found
  }

  function struct(name: string, at: number): Ast {
    expect('{')
    const fields: StructField[] = []
    while (!accept('}')) {
      const isOptional = accept('?')
      const token = take()
      if (token.type !== 'name' && token.type !== 'quoted') throw unexpected(token)
      const colon = peek()
      expect(':')
      fields.push({ isOptional, name: token.text, at: colon.at, value: expression() })
      if (!isSign('}')) expect(',')
    }
    return { node: 'struct', at, name, fields }
  }

  return { whole }
}

/** The dotted name before a brace; undefined for anything that is no name. */
function structName(ast: Ast): string | undefined {
  if (ast.node === 'name') return ast.name
  if (ast.node !== 'select' || ast.isOptional || ast.isTest) return undefined
  const before = structName(ast.of)
  return before === undefined ? undefined : `${before}.${ast.field}`
}
