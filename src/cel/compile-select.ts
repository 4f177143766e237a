// Fields: x.f, x.?f and has(x.f), on objects, maps and optionals.

import type { Ast } from './ast.ts'
import type { Compiler } from './compiler.ts'
import { CelError } from './program.ts'
import type { Checked, Scope } from './scope.ts'
import { bool, type CelType, dyn, optionalOf, typeText } from './types.ts'
import { CelMap, CelObject, type CelValue, Optional } from './values.ts'

type Select = Extract<Ast, { node: 'select' }>

export function compileSelect(compiler: Compiler, ast: Select, scope: Scope): Checked {
  const { field, isTest } = ast
  const of = compiler.compile(ast.of, scope)
  const isOptional = ast.isOptional || of.type.kind === 'optional'
  const held = of.type.kind === 'optional' ? of.type.of : of.type
  const type = fieldType(compiler, ast, held)
  const { code } = of
  if (isTest) {
    return {
      type: bool,
      code: (frame) => {
        const value = code(frame)
        return fieldOf(value, field) !== undefined
      },
    }
  }
  if (isOptional) {
    return {
      type: optionalOf(type),
      code: (frame) => {
        const value = code(frame)
        frame.meter.spend(1)
        return new Optional(optionalField(value, field))
      },
    }
  }
  return {
    type,
    code: (frame) => {
      const value = code(frame)
      frame.meter.spend(1)
      if (value instanceof Optional) return new Optional(optionalField(value, field))
      const found = fieldOf(value, field)
      if (found === undefined) throw new CelError(`no such key: ${field}`)
      return found
    },
  }
}

function fieldType({ note }: Compiler, { at, field }: Select, of: CelType): CelType {
  if (of.kind === 'dyn') return dyn
  if (of.kind === 'map') return of.value
  if (of.kind === 'object') {
    const type = of.field(field)
    if (!type) note(at, `undefined field '${field}'`)
    return type ?? dyn
  }
  note(at, `type '${typeText(of)}' does not support field selection`)
  return dyn
}

function fieldOf(value: CelValue, field: string): CelValue | undefined {
  if (value instanceof CelMap || value instanceof CelObject) return value.get(field)
  if (value instanceof Optional) return optionalField(value, field)
  if (value === null) throw new CelError(`no such key: ${field}`)
  throw new CelError('no such overload')
}

function optionalField(value: CelValue, field: string): CelValue | undefined {
  if (value instanceof Optional) {
    return value.value === undefined ? undefined : optionalField(value.value, field)
  }
  return value === null ? undefined : fieldOf(value, field)
}
