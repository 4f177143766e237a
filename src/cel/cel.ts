// CEL: an expression compiled against declarations, to be evaluated as often as needed.
// In: source and declared variables. Out: mistakes in cel-go's words, or a program.

import { createCompiler, type Mistake } from './compiler.ts'
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
  const checked = check(expression, declarations, mistakes)
  if (!checked || mistakes.length > 0) {
    return { errors: mistakes.map((mistake) => issueOf(expression, mistake)) }
  }
  return programOf(checked, declarations)
}

function check(source: string, declarations: Declarations, mistakes: Mistake[]) {
  if (source.length > mostCharacters) {
    const message = `expression code point size exceeds limit: size: ${source.length}, limit ${mostCharacters}`
    mistakes.push({ at: 0, message })
    return undefined
  }
  try {
    return createCompiler(declarations, mistakes).compile(parse(source), { locals: [] })
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error
    mistakes.push({ at: error.at, message: error.message })
    return undefined
  }
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

function programOf({ type, code }: Checked, { variables }: Declarations): Program {
  return {
    resultType: type,
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
