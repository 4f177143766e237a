// CEL: an expression compiled against declarations, to be evaluated as often as needed.
// In: source and declared variables. Out: mistakes in cel-go's words, or a program.

import type { Ast } from './ast.ts'
import { type Compiler, createCompiler, type Mistake } from './compiler.ts'
import { estimateCost } from './cost/estimate.ts'
import type { SizeAt } from './cost/estimated.ts'
import { toCel } from './json-values.ts'
import { SyntaxProblem } from './lexer.ts'
import { parse } from './parser.ts'
import {
  CelError,
  type CelIssue,
  type Compilation,
  type Declarations,
  type Program,
} from './program.ts'
import { type Checked, createMeter } from './scope.ts'
import type { CelValue } from './values.ts'

/** Longer expressions are refused; cel-go's limit as well. */
const mostCharacters = 100_000

export function compileCel(expression: string, declarations: Declarations): Compilation {
  const mistakes: Mistake[] = []
  const compiler = createCompiler(declarations, mistakes)
  const whole = check(expression, compiler, mistakes)
  if (!whole || mistakes.length > 0) {
    return { errors: mistakes.map((mistake) => issueOf(expression, mistake)) }
  }
  const program = programOf(whole.checked, compiler)
  const { sizeAt } = declarations
  return sizeAt ? { ...program, maxCost: maxCost(whole.ast, compiler, sizeAt) } : program
}

function check(source: string, compiler: Compiler, mistakes: Mistake[]) {
  if (source.length > mostCharacters) {
    const message = `expression code point size exceeds limit: size: ${source.length}, limit ${mostCharacters}`
    mistakes.push({ at: 0, message })
    return undefined
  }
  try {
    const ast = parse(source)
    return { ast, checked: compiler.compile(ast, { locals: [] }) }
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error
    mistakes.push({ at: error.at, message: error.message })
    return undefined
  }
}

function maxCost(ast: Ast, { types, overloads, names }: Compiler, sizeAt: SizeAt): number {
  const checks = {
    typeOf: (part: Ast) => types.get(part),
    overloadsOf: (part: Ast) => overloads.get(part) ?? [],
    isName: (part: Ast) => names.has(part),
  }
  return estimateCost(ast, checks, sizeAt).max
}

function issueOf(source: string, { at, message }: Mistake): CelIssue {
  const before = source.slice(0, at).split('\n')
  const line = before.length
  const column = (before.at(-1) ?? '').length + 1
  const shown = source.split('\n')[line - 1] ?? ''
  const place = `ERROR: <input>:${line}:${column}: ${message}`
  return {
    line,
    column,
    message,
    text: `${place}\n | ${shown}\n | ${'.'.repeat(column - 1)}^`,
  }
}

function programOf({ type, code }: Checked, { declarations, references }: Compiler): Program {
  const { variables } = declarations
  return {
    resultType: type,
    references,
    evaluate(bindings, { costLimit, onCost }) {
      const meter = createMeter(costLimit)
      const seen = new Map<string, CelValue>()
      const variable = (name: string): CelValue => {
        const known = seen.get(name)
        if (known !== undefined) return known
        const bound = bindings[name]
        if (bound === undefined) throw new CelError(`no such attribute(s): ${name}`)
        const value = toCel(bound, variables[name])
        seen.set(name, value)
        return value
      }
      try {
        return code({ meter, variable, locals: [] })
      } finally {
        onCost?.(meter.spent)
      }
    },
  }
}

/** All mistakes as one text. */
export function issuesText(errors: readonly CelIssue[]): string {
  return errors.map(({ text }) => text).join('\n')
}
