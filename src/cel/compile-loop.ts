// Macros that run over a list or map, and those that give a value a name.

import type { Binding, Loop, LoopKind } from './ast.ts'
import { attempt } from './compile-logic.ts'
import { type Compiler, expectBool, isBool, noOverload } from './compiler.ts'
import { CelError } from './program.ts'
import { type Checked, type Code, type Frame, type Scope, within } from './scope.ts'
import { bool, type CelType, dyn, int, listOf, mapOf, optionalOf, typeText } from './types.ts'
import { BuiltMap, CelMap, type CelValue, isList, Optional } from './values.ts'

/** What cel-go counts beside range and body: once, for each step, and where one is kept. */
interface LoopCost {
  readonly once: number
  readonly step: number
  readonly kept: number
}
const costs: Readonly<Record<LoopKind, LoopCost>> = {
  all: { once: 1, step: 3, kept: 0 },
  exists: { once: 1, step: 4, kept: 0 },
  existsOne: { once: 2, step: 1, kept: 1 },
  map: { once: 11, step: 0, kept: 12 },
  filter: { once: 11, step: 1, kept: 12 },
  transformList: { once: 11, step: 0, kept: 12 },
  transformMap: { once: 31, step: 0, kept: 3 },
  transformMapEntry: { once: 31, step: 0, kept: 2 },
}

export function compileLoop(compiler: Compiler, loop: Loop, scope: Scope): Checked {
  const range = compiler.compile(loop.range, scope)
  const variables = variableTypes(compiler, loop, range.type)
  const inner = within(scope, variables)
  const filter = loop.filter && compiler.compile(loop.filter, inner)
  const body = compiler.compile(loop.body, inner)
  checkPredicates(compiler, loop, filter, body)
  const { once, step } = costs[loop.kind]
  const slots = { slot: scope.locals.length, count: variables.length }
  const steps = stepsOf(range.code, slots, { once, step: filter ? step + 1 : step })
  const passes = filter?.code
  return {
    type: resultType(loop, range.type, { variables, body: body.type }),
    code: loopCode(loop, steps, { body: body.code, filter: passes }),
  }
}

interface Variable {
  readonly name: string
  readonly type: CelType
}

function variableTypes({ note }: Compiler, loop: Loop, range: CelType): Variable[] {
  const [first = '', second] = loop.variables
  const isKnown = range.kind === 'list' || range.kind === 'map' || range.kind === 'dyn'
  if (!isKnown) {
    note(
      loop.range.at,
      `expression of type '${typeText(range)}' cannot be range of a comprehension (must be list, map, or dynamic)`,
    )
  }
  const key = range.kind === 'list' ? int : range.kind === 'map' ? range.key : dyn
  const value = range.kind === 'list' ? range.element : range.kind === 'map' ? range.value : dyn
  if (second !== undefined)
    return [
      { name: first, type: key },
      { name: second, type: value },
    ]
  return [{ name: first, type: range.kind === 'map' ? key : value }]
}

function checkPredicates(
  { note }: Compiler,
  loop: Loop,
  filter: Checked | undefined,
  body: Checked,
): void {
  if (filter && !isBool(filter.type)) note(loop.at, noOverload('_?_:_', [filter.type, dyn, dyn]))
  if (isBool(body.type)) return
  const { kind } = loop
  const operator = { all: '_&&_', exists: '_||_', existsOne: '_?_:_', filter: '_?_:_' }
  if (kind === 'all' || kind === 'exists') {
    note(loop.body.at, noOverload(operator[kind], [bool, body.type]))
  } else if (kind === 'existsOne' || kind === 'filter') {
    note(loop.body.at, noOverload(operator[kind], [body.type, dyn, dyn]))
  }
}

function resultType(
  { kind }: Loop,
  range: CelType,
  { variables, body }: { readonly variables: readonly Variable[]; readonly body: CelType },
): CelType {
  const [first] = variables
  switch (kind) {
    case 'all':
    case 'exists':
    case 'existsOne':
      return bool
    case 'filter':
      return listOf(first?.type ?? dyn)
    case 'transformMap':
      return mapOf(range.kind === 'map' ? range.key : (first?.type ?? dyn), body)
    case 'transformMapEntry':
      return body.kind === 'map' ? body : mapOf(dyn, dyn)
    default:
      return listOf(body)
  }
}

interface Slots {
  readonly slot: number
  readonly count: number
}

/** Each step's first variable, after the variables have been put into their slots. */
type Steps = (frame: Frame) => Iterable<CelValue>

function stepsOf(
  range: Code,
  { slot, count }: Slots,
  { once, step }: Pick<LoopCost, 'once' | 'step'>,
): Steps {
  return function* (frame) {
    const value = range(frame)
    frame.meter.spend(once)
    for (const [first, second] of pairsOf(value, count)) {
      frame.meter.spend(step)
      frame.locals[slot] = first
      if (count > 1) frame.locals[slot + 1] = second
      yield first
    }
  }
}

function* pairsOf(value: CelValue, count: number): Iterable<readonly [CelValue, CelValue]> {
  if (isList(value)) {
    for (const [at, item] of value.entries()) yield count > 1 ? [BigInt(at), item] : [item, null]
  } else if (value instanceof CelMap) {
    for (const key of value.keys()) yield [key, value.get(key) ?? null]
  } else {
    throw new CelError('no such overload')
  }
}

interface LoopCodes {
  readonly body: Code
  readonly filter: Code | undefined
}

function loopCode({ kind }: Loop, steps: Steps, { body, filter }: LoopCodes): Code {
  const { kept: keptCost } = costs[kind]
  const spendIf = (frame: Frame, isKept: boolean) => {
    if (isKept) frame.meter.spend(keptCost)
    return isKept
  }
  const isKept = (frame: Frame) => spendIf(frame, !filter || expectBool(filter(frame)))
  const holds = (frame: Frame) => spendIf(frame, expectBool(body(frame)))
  switch (kind) {
    case 'all':
      return (frame) => decide(frame, { steps, body, deciding: false })
    case 'exists':
      return (frame) => decide(frame, { steps, body, deciding: true })
    case 'existsOne':
      return (frame) => {
        let count = 0
        for (const _ of steps(frame)) if (holds(frame)) count++
        return count === 1
      }
    case 'filter':
      return (frame) => {
        const kept: CelValue[] = []
        for (const item of steps(frame)) if (holds(frame)) kept.push(item)
        return kept
      }
    case 'transformMap':
      return (frame) => {
        const entries: (readonly [CelValue, CelValue])[] = []
        for (const key of steps(frame)) if (isKept(frame)) entries.push([key, body(frame)])
        return new BuiltMap(entries)
      }
    case 'transformMapEntry':
      return (frame) => {
        const entries: (readonly [CelValue, CelValue])[] = []
        for (const _ of steps(frame)) if (isKept(frame)) entries.push(...entriesOf(body(frame)))
        return new BuiltMap(entries)
      }
    default:
      return (frame) => {
        const made: CelValue[] = []
        for (const _ of steps(frame)) if (isKept(frame)) made.push(body(frame))
        return made
      }
  }
}

function entriesOf(value: CelValue): (readonly [CelValue, CelValue])[] {
  if (!(value instanceof CelMap)) throw new CelError('no such overload')
  return value.keys().map((key) => [key, value.get(key) ?? null])
}

interface Decision {
  readonly steps: Steps
  readonly body: Code
  readonly deciding: boolean
}

/** The first element that decides ends it; a failure counts only if none does. */
function decide(frame: Frame, { steps, body, deciding }: Decision): boolean {
  let failure: CelError | undefined
  for (const _ of steps(frame)) {
    const result = attempt(frame, body)
    if (result === deciding) return deciding
    if (result instanceof CelError) failure ??= result
  }
  if (failure) throw failure
  return !deciding
}

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
      const optional = value.code(frame)
      if (!(optional instanceof Optional)) throw new CelError('no such overload')
      if (optional.value === undefined) return Optional.none
      frame.locals[slot] = optional.value
      const result = body.code(frame)
      return kind === 'optMap' ? new Optional(result) : result
    },
  }
}
