// Macros that run over a list or map, and those that give a value a name.

import type { Loop, LoopKind } from './ast.ts'
import { attempt } from './compile-logic.ts'
import { type Compiler, expectBool, isBool, noOverload } from './compiler.ts'
import { CelError } from './program.ts'
import { type Checked, type Code, type Frame, type Scope, within } from './scope.ts'
import { bool, type CelType, dyn, int, listOf, mapOf, typeText } from './types.ts'
import { BuiltMap, CelMap, type CelValue, isList } from './values.ts'

/**
 * What cel-go counts beside range and body: once, for each step, where one is kept, and for asking
 * whether to go on where it does not.
 */
interface LoopCost {
  readonly once: number
  readonly step: number
  readonly kept: number
  readonly stop: number
}
const costs: Readonly<Record<LoopKind, LoopCost>> = {
  all: { once: 1, step: 3, kept: 0, stop: 2 },
  exists: { once: 1, step: 4, kept: 0, stop: 3 },
  existsOne: { once: 2, step: 0, kept: 2, stop: 0 },
  map: { once: 1, step: 0, kept: 12, stop: 0 },
  filter: { once: 1, step: 0, kept: 13, stop: 0 },
  transformList: { once: 1, step: 0, kept: 12, stop: 0 },
  transformMap: { once: 1, step: 0, kept: 3, stop: 0 },
  transformMapEntry: { once: 1, step: 0, kept: 2, stop: 0 },
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
  const steps = stepsOf(range.code, slots, { once, step })
  const passes = filter?.code
  return {
    type: resultType(loop, range.type, { variables, body: body.type }),
    code: loopCode(loop, steps, { body: body.code, filter: passes, slot: slots.slot }),
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

/** Puts the variables into their slots, step by step; tells whether it is the last. */
type Steps = (frame: Frame) => Iterable<boolean>

function stepsOf(
  range: Code,
  { slot, count }: Slots,
  { once, step }: Pick<LoopCost, 'once' | 'step'>,
): Steps {
  return function* (frame) {
    const value = range(frame)
    frame.meter.spend(once)
    const isMap = value instanceof CelMap
    if (!isMap && !isList(value)) throw new CelError('no such overload')
    const items = isMap ? value.keys() : value
    for (const [index, item] of items.entries()) {
      frame.meter.spend(step)
      frame.locals[slot] = isMap || count === 1 ? item : BigInt(index)
      if (count > 1) frame.locals[slot + 1] = isMap ? (value.get(item) ?? null) : item
      yield index === items.length - 1
    }
  }
}

interface LoopCodes {
  readonly body: Code
  readonly filter: Code | undefined
  /** Of the first variable. */
  readonly slot: number
}

function loopCode({ kind }: Loop, steps: Steps, { body, filter, slot }: LoopCodes): Code {
  const { kept: keptCost, stop } = costs[kind]
  const spendIf = (frame: Frame, isKept: boolean) => {
    if (isKept) frame.meter.spend(keptCost)
    return isKept
  }
  const isKept = (frame: Frame) => spendIf(frame, !filter || expectBool(filter(frame)))
  const holds = (frame: Frame) => spendIf(frame, expectBool(body(frame)))
  switch (kind) {
    case 'all':
      return (frame) => decide(frame, { steps, body, deciding: false, stop })
    case 'exists':
      return (frame) => decide(frame, { steps, body, deciding: true, stop })
    case 'existsOne':
      return (frame) => {
        let count = 0
        for (const _ of steps(frame)) if (holds(frame)) count++
        return count === 1
      }
    case 'filter':
      return (frame) => {
        const kept: CelValue[] = []
        for (const _ of steps(frame)) if (holds(frame)) kept.push(frame.locals[slot] ?? null)
        return kept
      }
    case 'transformMap':
      return (frame) => {
        const entries: (readonly [CelValue, CelValue])[] = []
        for (const _ of steps(frame)) {
          if (isKept(frame)) entries.push([frame.locals[slot] ?? null, body(frame)])
        }
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
  readonly stop: number
}

/** The first element that decides ends it; a failure counts only if none does. */
function decide(frame: Frame, { steps, body, deciding, stop }: Decision): boolean {
  let failure: CelError | undefined
  for (const isLast of steps(frame)) {
    const result = attempt(frame, body)
    if (result === deciding) {
      if (!isLast) frame.meter.spend(stop)
      return deciding
    }
    if (result instanceof CelError) failure ??= result
  }
  if (failure) throw failure
  return !deciding
}
