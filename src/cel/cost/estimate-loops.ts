// Macros over lists and maps: what a step may cost, times the elements there may be. The figures
// are those of the loops that cel-go makes of the macros.

import type { Binding, Loop, LoopKind } from '../ast.ts'
import { type CelType, dyn } from '../types.ts'
import type { Estimator, Locals } from './estimate.ts'
import { withSize } from './estimate.ts'
import { type EntrySize, type Estimated, sizeOf } from './estimated.ts'
import { fixed, nothing, one, product, type Range, sum, union } from './range.ts'

type Known = Omit<Estimated, 'type'>

interface LoopForm {
  /** Making what the loop begins with, asking whether it goes on, reading its result. */
  readonly start: number
  readonly ask: number
  readonly end: number
  /** A step, given the cost of the body. */
  step(body: Range): Range
  readonly makes: 'bool' | 'list' | 'map'
}

const keeping = (cost: number) => (body: Range) => sum(body, { min: 1, max: cost })

const forms: Readonly<Record<LoopKind, LoopForm>> = {
  all: { ...{ start: 0, ask: 2, end: 1 }, step: either, makes: 'bool' },
  exists: { ...{ start: 0, ask: 3, end: 1 }, step: either, makes: 'bool' },
  existsOne: { ...{ start: 0, ask: 0, end: 2 }, step: keeping(2), makes: 'bool' },
  map: { ...{ start: 10, ask: 0, end: 1 }, step: appended, makes: 'list' },
  filter: { ...{ start: 10, ask: 0, end: 1 }, step: keeping(13), makes: 'list' },
  transformList: { ...{ start: 10, ask: 0, end: 1 }, step: appended, makes: 'list' },
  transformMap: {
    ...{ start: 30, ask: 0, end: 1 },
    step: (body) => sum(body, fixed(3)),
    makes: 'map',
  },
  transformMapEntry: {
    ...{ start: 30, ask: 0, end: 1 },
    step: (body) => sum(body, fixed(2)),
    makes: 'map',
  },
}

/** `so far && body`: the body may not be reached. */
function either(body: Range): Range {
  return { min: 1, max: sum(one, body).max }
}

/** `so far + [body]`: a name, a list and a call. */
function appended(body: Range): Range {
  return sum(body, fixed(12))
}

export function estimateLoop(estimator: Estimator, loop: Loop, locals: Locals): Known {
  const form = forms[loop.kind]
  const range = estimator.estimate(loop.range, locals)
  const inner = new Map(locals)
  for (const [name, variable] of variablesOf(estimator, loop, range)) inner.set(name, variable)
  const body = estimator.estimate(loop.body, inner)
  const plain = form.step(body.cost)
  const filter = loop.filter && estimator.estimate(loop.filter, inner)
  const step = filter ? sum(filter.cost, union(plain, one)) : plain
  const count = sizeOf(range)
  const steps = product(count, sum(step, fixed(form.ask)))
  const [first] = inner.values()
  const item = loop.kind === 'filter' ? (inner.get(loop.variables[0] ?? '') ?? first) : body
  return {
    cost: sum(range.cost, fixed(form.start), fixed(form.end), steps),
    path: undefined,
    size: form.makes === 'bool' ? one : count,
    entry: form.makes === 'list' && item ? collected(item) : undefined,
  }
}

/** A list that begins empty and may hold such items. */
function collected(item: Estimated): EntrySize {
  return { isList: true, key: one, value: union(nothing, sizeOf(item)) }
}

function variablesOf(
  { sizeAt }: Estimator,
  { variables }: Loop,
  range: Estimated,
): readonly (readonly [string, Estimated])[] {
  const [first = '', second] = variables
  const { entry, type, path = [] } = range
  const isList = entry ? entry.isList : type.kind === 'list'
  const variable = (step: string, of: CelType, fallback: Range | undefined) =>
    withSize(sizeAt, of, { cost: one, path: [...path, step], fallback })
  const key = type.kind === 'map' ? type.key : dyn
  const value = type.kind === 'list' ? type.element : type.kind === 'map' ? type.value : dyn
  if (second === undefined) {
    const only = isList
      ? variable('@items', value, entry?.value)
      : variable('@keys', key, entry?.key)
    return [[first, only]]
  }
  const index = isList ? ({ kind: 'int' } as const) : key
  return [
    [first, variable(isList ? '@indices' : '@keys', index, entry?.key)],
    [second, variable(isList ? '@items' : '@values', value, entry?.value)],
  ]
}

/** What is bound is looked at once, or asked for first where it is optional. */
export function estimateBinding(estimator: Estimator, ast: Binding, locals: Locals): Known {
  const value = estimator.estimate(ast.value, locals)
  const within = (bound: Estimated) =>
    estimator.estimate(ast.body, new Map(locals).set(ast.variable, bound))
  if (ast.kind === 'bind') {
    const { path: _, ...body } = within({ ...value, cost: one })
    return { ...body, path: undefined, cost: sum(fixed(10), value.cost, body.cost) }
  }
  const held: CelType = value.type.kind === 'optional' ? value.type.of : dyn
  const body = within(withSize(estimator.sizeAt, held, { cost: one }))
  const asked = sum(value.cost, one)
  const made = sum(fixed(10), asked, body.cost, ast.kind === 'optMap' ? one : nothing)
  return {
    cost: sum(asked, union(made, one)),
    path: undefined,
    size: undefined,
    entry: undefined,
  }
}
