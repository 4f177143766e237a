// How much an expression may cost at most, before it is run: a walk over the checked syntax tree
// that keeps track of where values come from and how large they may be.
// Source of the rules: cel-go's checker/cost.go.

import type { Ast } from '../ast.ts'
import type { CelFunction } from '../signature.ts'
import { sizeOf as valueSize } from '../signature.ts'
import { type CelType, dyn } from '../types.ts'
import type { CelValue } from '../values.ts'
import { callCosts } from './call-costs.ts'
import { estimateBinding, estimateLoop } from './estimate-loops.ts'
import { type Estimated, type SizeAt, sizeOf, unionOfEntries } from './estimated.ts'
import { fixed, mostUnits, nothing, one, type Range, sum, union } from './range.ts'

/** What the compiler found out about a tree. */
export interface Checks {
  typeOf(ast: Ast): CelType | undefined
  overloadsOf(ast: Ast): readonly CelFunction[]
  /** Whether a selection is one name with dots. */
  isName(ast: Ast): boolean
}

export type Locals = ReadonlyMap<string, Estimated>

export interface Estimator {
  readonly sizeAt: SizeAt
  estimate(ast: Ast, locals: Locals): Estimated
}

/** In units of cel-go's cost model. */
export function estimateCost(ast: Ast, checks: Checks, sizeAt: SizeAt): Range {
  const estimator: Estimator = {
    sizeAt,
    estimate: (part, locals) => estimateNode({ estimator, checks }, part, locals),
  }
  return estimator.estimate(ast, new Map()).cost
}

interface Walk {
  readonly estimator: Estimator
  readonly checks: Checks
}

interface Found extends Partial<Omit<Estimated, 'type'>> {
  readonly cost: Range
  /** Of the elements of a list that an expression wrote down. */
  readonly fallback?: Range | undefined
}

function estimateNode({ estimator, checks }: Walk, ast: Ast, locals: Locals): Estimated {
  const type = checks.typeOf(ast) ?? dyn
  const known = (found: Found) => withSize(estimator.sizeAt, type, found)
  const of = (part: Ast) => estimator.estimate(part, locals)
  switch (ast.node) {
    case 'literal':
      return known(literal(ast.value))
    case 'name': {
      const local = locals.get(ast.name)
      return known(local ? { ...local, cost: one } : { cost: one, path: [ast.name] })
    }
    case 'select':
      if (checks.isName(ast)) return known({ cost: one, path: [ast.field] })
      return known(select(ast, of(ast.of)))
    case 'call':
      return known(call({ estimator, checks }, ast, locals))
    case 'list':
      return known(list(ast.items.map(({ value }) => of(value))))
    case 'map':
      return known(map(ast.entries.map(({ key, value }) => [of(key), of(value)] as const)))
    case 'struct':
      return known({ cost: sum(fixed(40), ...ast.fields.map(({ value }) => of(value).cost)) })
    case 'loop':
      return { ...estimateLoop(estimator, ast, locals), type }
    case 'binding':
      return { ...estimateBinding(estimator, ast, locals), type }
  }
}

/** A size that was computed comes first, then what the variables say, then what the type says. */
export function withSize(sizeAt: SizeAt, type: CelType, found: Found): Estimated {
  const { cost, path, entry, literal: value, fallback } = found
  const size = found.size ?? (path && sizeAt(path)) ?? typeSize(type) ?? fallback
  return { type, cost, path, size, entry, ...(value !== undefined && { literal: value }) }
}

function typeSize(type: CelType): Range | undefined {
  if (type.kind === 'optional') return typeSize(type.of)
  return ['bool', 'double', 'duration', 'int', 'timestamp', 'uint'].includes(type.kind)
    ? one
    : undefined
}

function literal(value: CelValue): Found {
  const size = typeof value === 'string' ? [...value].length : valueSize(value)
  return { cost: nothing, size: fixed(size), ...(typeof value === 'bigint' && { literal: value }) }
}

function select(ast: Extract<Ast, { node: 'select' }>, of: Estimated): Found {
  if (ast.isTest) return { cost: of.cost }
  if (ast.isOptional) return { cost: sum(of.cost, one) }
  const isLookUp = of.type.kind === 'map' || of.type.kind === 'object'
  const path = [...(of.path ?? []), ast.field]
  return { cost: isLookUp ? sum(of.cost, one) : of.cost, path }
}

const smallest: Range = { min: mostUnits, max: 0 }

/** The range of all sizes; of nothing, nothing. */
function unionOfSizes(parts: readonly Estimated[]): Range {
  return parts.length === 0 ? nothing : parts.map(sizeOf).reduce(union, smallest)
}

function list(items: readonly Estimated[]): Found {
  return {
    cost: sum(fixed(10), ...items.map(({ cost }) => cost)),
    size: fixed(items.length),
    entry: { isList: true, key: one, value: unionOfSizes(items) },
  }
}

function map(entries: readonly (readonly [Estimated, Estimated])[]): Found {
  return {
    cost: sum(fixed(30), ...entries.flat().map(({ cost }) => cost)),
    size: fixed(entries.length),
    entry: {
      isList: false,
      key: unionOfSizes(entries.map(([key]) => key)),
      value: unionOfSizes(entries.map(([, value]) => value)),
    },
  }
}

function call(
  { estimator, checks }: Walk,
  ast: Extract<Ast, { node: 'call' }>,
  locals: Locals,
): Found {
  const args = ast.args.map((arg) => estimator.estimate(arg, locals))
  const logic = logicCost(ast.name, args)
  if (logic) return logic
  const overloads = checks.overloadsOf(ast)
  const isMember = overloads.some((overload) => overload.isMember)
  const target = isMember && ast.target ? estimator.estimate(ast.target, locals) : undefined
  const argCost = sum(...args.map(({ cost }) => cost), target?.cost ?? nothing)
  const [first] = args
  if (ast.name === 'dyn' && first) return { ...copied(first), cost: sum(one, first.cost) }
  const name = target || !ast.target ? ast.name : qualified(overloads)
  const costs = overloads.map(({ parameters }) => {
    const given = { target, args, parameters, sizeAt: estimator.sizeAt }
    return callCosts[name]?.(given) ?? { cost: one }
  })
  const cost = costs.length > 0 ? costs.map((each) => each.cost).reduce(union) : nothing
  const sizes = costs.flatMap(({ size }) => size ?? [])
  return {
    cost: sum(argCost, cost),
    ...(sizes.length > 0 && { size: sizes.reduce(union) }),
    ...(name === '_+_' && { entry: unionOfEntries(args[0]?.entry, args[1]?.entry) }),
    ...(ast.name === '_[_]' && first && indexed(first)),
  }
}

const qualified = ([overload]: readonly CelFunction[]) => overload?.name ?? ''

const copied = ({ size, entry, path: _ }: Estimated) => ({ size, entry })

function indexed({ type, path, entry }: Estimated): Pick<Estimated, 'path' | 'size'> | undefined {
  if (type.kind !== 'list' && type.kind !== 'map') return undefined
  const step = type.kind === 'list' ? '@items' : '@values'
  return { path: [...(path ?? []), step], size: entry?.value }
}

function logicCost(name: string, [first, second, third]: readonly Estimated[]): Found | undefined {
  if (!first || !second) return undefined
  if (name === '_&&_' || name === '_||_') {
    return { cost: { min: first.cost.min, max: sum(first.cost, second.cost).max } }
  }
  if (name !== '_?_:_' || !third) return undefined
  return {
    cost: sum(first.cost, union(second.cost, third.cost)),
    size: union(sizeOf(second), sizeOf(third)),
    entry: unionOfEntries(second.entry, third.entry),
  }
}
