// Operators that do not need all their operands: && and || in either order, and the ternary.

import type { Ast } from './ast.ts'
import { type Compiler, expectBool, isBool, noOverload } from './compiler.ts'
import { CelError, CostError } from './program.ts'
import type { Checked, Code, Frame, Scope } from './scope.ts'
import { bool } from './types.ts'
import { joinTypes } from './unify.ts'

export function compileLogic(
  compiler: Compiler,
  call: Extract<Ast, { node: 'call' }>,
  scope: Scope,
): Checked | undefined {
  const { name, args } = call
  const isLogic = name === '_&&_' || name === '_||_'
  if (!isLogic && name !== '_?_:_') return undefined
  const checked = args.map((arg) => compiler.compile(arg, scope))
  const [first, second, third] = checked
  if (!first || !second) return undefined
  const types = checked.map(({ type }) => type)
  if (!third) {
    if (!types.every(isBool)) compiler.note(call.at, noOverload(name, types))
    return { type: bool, code: decided(first.code, second.code, name === '_||_') }
  }
  const type = joinTypes(second.type, third.type)
  if (!isBool(first.type) || !type) compiler.note(call.at, noOverload(name, types))
  return {
    type: type ?? second.type,
    code: (frame) => (condition(frame, first.code) ? second.code(frame) : third.code(frame)),
  }
}

function condition(frame: Frame, code: Code): boolean {
  const value = code(frame)
  return expectBool(value)
}

/** One operand that decides is enough, even where the other fails. */
function decided(left: Code, right: Code, deciding: boolean): Code {
  return (frame) => {
    const first = attempt(frame, left)
    if (first === deciding) return deciding
    const second = attempt(frame, right)
    if (second === deciding) return deciding
    if (first instanceof CelError) throw first
    if (second instanceof CelError) throw second
    return !deciding
  }
}

/** A failure is an operand too, but running out of budget ends it all. */
export function attempt(frame: Frame, code: Code): boolean | CelError {
  try {
    return expectBool(code(frame))
  } catch (error) {
    if (error instanceof CelError && !(error instanceof CostError)) return error
    throw error
  }
}
