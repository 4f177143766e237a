// Lists, maps and objects that an expression writes down.

import type { Ast, ListItem, MapEntry, StructField } from './ast.ts'
import type { Compiler } from './compiler.ts'
import { CelError } from './program.ts'
import { type Checked, type Code, type Frame, folded, type Scope } from './scope.ts'
import { type CelType, dyn, listOf, mapOf, type ObjectType, typeText } from './types.ts'
import { isAssignable, joinTypes } from './unify.ts'
import { BuiltMap, BuiltObject, type CelValue, Optional } from './values.ts'

type Literal = Extract<Ast, { node: 'list' | 'map' | 'struct' }>

const listCost = 10
const mapCost = 30
const structCost = 40

export function checkLiterals(compiler: Compiler, ast: Literal, scope: Scope): Checked {
  if (ast.node === 'list') return compileList(compiler, ast.items, scope)
  if (ast.node === 'map') return compileMap(compiler, ast.entries, scope)
  return compileStruct(compiler, ast, scope)
}

interface Part {
  readonly code: Code
  readonly isOptional: boolean
}

/** The value, or undefined for an optional that holds none. */
function partValue(frame: Frame, { code, isOptional }: Part): CelValue | undefined {
  const value = code(frame)
  if (!isOptional) return value
  if (value instanceof Optional) return value.value
  throw new CelError(`Cannot initialize optional entry from non-optional value`)
}

function heldType({ type }: Checked, { isOptional }: ListItem): CelType {
  return isOptional && type.kind === 'optional' ? type.of : type
}

/** The type of all values so far and one more; a mistake where they have none in common. */
function join(
  compiler: Compiler,
  { isMixed }: Scope,
  {
    at,
    so,
    type,
  }: { readonly at: number; readonly so: CelType | undefined; readonly type: CelType },
): CelType {
  const joined = joinTypes(so, type)
  if (joined || !so) return joined ?? type
  if (!isMixed) {
    compiler.note(at, `expected type '${typeText(so)}' but found '${typeText(type)}'`)
  }
  return dyn
}

function compileList(compiler: Compiler, items: readonly ListItem[], scope: Scope): Checked {
  let element: CelType | undefined
  let isConstant = true
  const parts = items.map((item) => {
    const checked = compiler.compile(item.value, scope)
    const type = heldType(checked, item)
    element = join(compiler, scope, { at: item.value.at, so: element, type })
    isConstant &&= checked.constant !== undefined && !item.isOptional
    return { code: checked.code, isOptional: item.isOptional }
  })
  const made: Checked = {
    type: listOf(element ?? dyn),
    code: (frame) => {
      frame.meter.spend(listCost)
      return parts.flatMap((part) => {
        const value = partValue(frame, part)
        return value === undefined ? [] : [value]
      })
    },
  }
  return isConstant ? folded(made) : made
}

function compileMap(compiler: Compiler, entries: readonly MapEntry[], scope: Scope): Checked {
  let keyType: CelType | undefined
  let valueType: CelType | undefined
  let isConstant = true
  const parts = entries.map((entry) => {
    const key = compiler.compile(entry.key, scope)
    const value = compiler.compile(entry.value, scope)
    keyType = join(compiler, scope, { at: entry.key.at, so: keyType, type: key.type })
    const type = heldType(value, entry)
    valueType = join(compiler, scope, { at: entry.value.at, so: valueType, type })
    isConstant &&= [key, value].every(({ constant }) => constant !== undefined)
    isConstant &&= !entry.isOptional
    return { key: key.code, code: value.code, isOptional: entry.isOptional }
  })
  const made: Checked = {
    type: mapOf(keyType ?? dyn, valueType ?? dyn),
    code: (frame) => {
      frame.meter.spend(mapCost)
      const built: (readonly [CelValue, CelValue])[] = []
      for (const part of parts) {
        const key = part.key(frame)
        const value = partValue(frame, part)
        if (value !== undefined) built.push([key, value])
      }
      return new BuiltMap(built)
    },
  }
  return isConstant ? folded(made) : made
}

function compileStruct(
  compiler: Compiler,
  { name, at, fields }: Extract<Ast, { node: 'struct' }>,
  scope: Scope,
): Checked {
  const type = compiler.declarations.typeNamed?.(name)
  if (!type) compiler.note(at, `undeclared reference to '${name}' (in container '')`)
  const parts = fields.map((field) => {
    const checked = compiler.compile(field.value, scope)
    if (type) checkField(compiler, type, field, heldType(checked, field))
    return { name: field.name, code: checked.code, isOptional: field.isOptional }
  })
  const made = type ?? { kind: 'object' as const, name, field: () => dyn }
  return {
    type: made,
    code: (frame) => {
      frame.meter.spend(structCost)
      const values = new Map<string, CelValue>()
      for (const part of parts) {
        const value = partValue(frame, part)
        if (value !== undefined) values.set(part.name, value)
      }
      return new BuiltObject(made, values)
    },
  }
}

function checkField(compiler: Compiler, type: ObjectType, field: StructField, found: CelType) {
  const expected = type.field(field.name)
  if (!expected) {
    compiler.note(field.at, `undefined field '${field.name}'`)
  } else if (!isAssignable(expected, found)) {
    compiler.note(
      field.at,
      `expected type of field '${field.name}' is '${typeText(expected)}' but provided type is '${typeText(found)}'`,
    )
  }
}
