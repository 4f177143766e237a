// Which overloads a call may mean, and the type it yields. Parameters such as T are bound on the
// way; dyn is assignable to everything and everything to dyn.

import type { CelFunction } from './signature.ts'
import { type CelType, dyn } from './types.ts'

type Bound = Map<string, CelType>

/** The parameter's type accepts the argument's. */
export function isAssignable(to: CelType, from: CelType, bound: Bound = new Map()): boolean {
  if (to.kind === 'parameter') return bind(to.name, from, bound)
  if (to.kind === 'dyn' || from.kind === 'dyn') return true
  if (from.kind === 'null_type') return acceptsNull(to)
  if (to.kind === 'null_type') return acceptsNull(from)
  switch (to.kind) {
    case 'list':
      return from.kind === 'list' && isAssignable(to.element, from.element, bound)
    case 'map':
      return (
        from.kind === 'map' &&
        isAssignable(to.key, from.key, bound) &&
        isAssignable(to.value, from.value, bound)
      )
    case 'optional':
      return from.kind === 'optional' && isAssignable(to.of, from.of, bound)
    case 'type':
      return from.kind === 'type'
    case 'object':
    case 'opaque':
      return from.kind === to.kind && from.name === to.name
    default:
      return to.kind === from.kind
  }
}

function acceptsNull({ kind }: CelType): boolean {
  return ['null_type', 'object', 'opaque', 'timestamp', 'duration', 'optional'].includes(kind)
}

/** The first argument settles what T is; a wider one after it widens it. */
function bind(name: string, from: CelType, bound: Bound): boolean {
  const before = bound.get(name)
  if (!before) {
    bound.set(name, from)
    return true
  }
  if (isAssignable(before, from)) {
    if (before.kind === 'null_type') bound.set(name, from)
    return true
  }
  if (!isAssignable(from, before)) return false
  bound.set(name, from)
  return true
}

function substitute(type: CelType, bound: Bound): CelType {
  switch (type.kind) {
    case 'parameter':
      return bound.get(type.name) ?? dyn
    case 'list':
      return { kind: 'list', element: substitute(type.element, bound) }
    case 'map':
      return {
        kind: 'map',
        key: substitute(type.key, bound),
        value: substitute(type.value, bound),
      }
    case 'optional':
      return { kind: 'optional', of: substitute(type.of, bound) }
    case 'type':
      return { kind: 'type', of: substitute(type.of, bound) }
    default:
      return type
  }
}

export interface Resolved {
  readonly candidates: readonly CelFunction[]
  readonly result: CelType
}

/** Undefined where no overload takes the arguments. */
export function resolve(
  overloads: readonly CelFunction[],
  args: readonly CelType[],
): Resolved | undefined {
  const candidates: CelFunction[] = []
  let result: CelType | undefined
  for (const overload of overloads) {
    const bound: Bound = new Map()
    const { parameters } = overload
    if (parameters.length !== args.length) continue
    if (!parameters.every((to, at) => isAssignable(to, args[at] ?? dyn, bound))) continue
    candidates.push(overload)
    const own = substitute(overload.result, bound)
    result = result === undefined || isSameType(result, own) ? own : dyn
  }
  return result && { candidates, result }
}

export function isSameType(a: CelType, b: CelType): boolean {
  if ((a.kind === 'dyn') !== (b.kind === 'dyn')) return false
  return isAssignable(a, b) && isAssignable(b, a)
}

/** The type of a list of both; undefined where there is none but dyn. */
export function joinTypes(a: CelType | undefined, b: CelType): CelType | undefined {
  if (!a || isAssignable(b, a)) return a && a.kind === 'dyn' ? a : b
  return isAssignable(a, b) ? a : undefined
}
