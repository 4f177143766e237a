// Names for values (cel.bind), and what is made of optionals only where they hold a value.

import type { Ast, Binding } from './ast.ts'
import { type Compiler, noOverload } from './compiler.ts'
import { functionsNamed } from './functions/functions.ts'
import { CelError } from './program.ts'
import { type Checked, type Scope, within } from './scope.ts'
import { type CelType, dyn, optionalOf } from './types.ts'
import { joinTypes } from './unify.ts'
import { Optional } from './values.ts'

export function compileBinding(compiler: Compiler, ast: Binding, scope: Scope): Checked {
  const value = compiler.compile(ast.value, scope)
  const slot = scope.locals.length
  if (ast.kind === 'bind') {
    const inner = within(scope, [{ name: ast.variable, type: value.type }])
    const body = compiler.compile(ast.body, inner)
    return {
      type: body.type,
      code: (frame) => {
        frame.locals[slot] = value.code(frame)
        return body.code(frame)
      },
    }
  }
  return compileOptionalMap(compiler, ast, { scope, value })
}

function compileOptionalMap(
  compiler: Compiler,
  { kind, variable, body: bodyAst, at }: Binding,
  { scope, value }: { readonly scope: Scope; readonly value: Checked },
): Checked {
  const { type } = value
  if (type.kind !== 'optional' && type.kind !== 'dyn') {
    compiler.note(at, noOverload('hasValue', [type], false))
  }
  const held = type.kind === 'optional' ? type.of : dyn
  const slot = scope.locals.length
  const body = compiler.compile(bodyAst, within(scope, [{ name: variable, type: held }]))
  return {
    type: kind === 'optMap' ? optionalOf(body.type) : body.type,
    code: (frame) => {
      const { spent } = frame.meter
      const optional = value.code(frame)
      if (!(optional instanceof Optional)) throw new CelError('no such overload')
      // Asked whether there is a value, then for it; or told that there is none.
      frame.meter.spend(2)
      if (optional.value === undefined) return Optional.none
      frame.meter.spend(frame.meter.spent - spent - 2 + (kind === 'optMap' ? 1 : 0))
      frame.locals[slot] = optional.value
      const result = body.code(frame)
      return kind === 'optMap' ? new Optional(result) : result
    },
  }
}

/** optional.or(optional) and optional.orValue(value): the argument only where it is needed. */
export function compileElse(
  compiler: Compiler,
  call: Extract<Ast, { node: 'call' }>,
  scope: Scope,
): Checked | undefined {
  const { name, target, at } = call
  const [arg] = call.args
  if ((name !== 'or' && name !== 'orValue') || !target || !arg) return undefined
  const value = compiler.compile(target, scope)
  const other = compiler.compile(arg, scope)
  compiler.overloads.set(call, functionsNamed(name))
  const type = elseType(name, value.type, other.type)
  if (!type) compiler.note(at, noOverload(name, [value.type, other.type], false))
  return {
    type: type ?? dyn,
    code: (frame) => {
      const optional = value.code(frame)
      if (!(optional instanceof Optional)) throw new CelError('no such overload')
      if (optional.value === undefined) return other.code(frame)
      return name === 'or' ? optional : optional.value
    },
  }
}

function elseType(name: 'or' | 'orValue', value: CelType, other: CelType): CelType | undefined {
  if (value.kind === 'dyn') return name === 'or' ? optionalOf(dyn) : other
  if (value.kind !== 'optional') return undefined
  if (name === 'orValue') return joinTypes(value.of, other)
  if (other.kind === 'dyn') return value
  const held = other.kind === 'optional' ? joinTypes(value.of, other.of) : undefined
  return held && optionalOf(held)
}
