// Table: what a call may cost beyond its arguments, and how large its result may be. Functions
// that are not listed cost one unit. Source: cel-go's checker/cost.go and Kubernetes' estimator;
// which rules a definition may hold depends on these figures, so they are kept as they are.

import type { CelType } from '../types.ts'
import { type Estimated, type SizeAt, sizeOf } from './estimated.ts'
import { fixed, mostUnits, nothing, one, product, type Range, scaled, sum } from './range.ts'

export interface CallCost {
  readonly cost: Range
  readonly size?: Range | undefined
}

export interface EstimatedCall {
  readonly target: Estimated | undefined
  readonly args: readonly Estimated[]
  /** Those of the overload, the receiver first. */
  readonly parameters: readonly CelType[]
  readonly sizeAt: SizeAt
}

/** Undefined: one unit. */
type CostOf = (call: EstimatedCall) => CallCost | undefined

/** For walking through a character, and for one of a pattern. */
const perCharacter = 0.1
const perPatternCharacter = 0.25
/** The longest pattern of a named format, of bytes of an address, in units of size. */
const formatPattern = 128
const addressBytes: Range = { min: 4, max: 16 }

const walked = (of: Estimated | undefined, factor = perCharacter): Range =>
  of ? scaled(sizeOf(of), factor) : one

const walksFirst: CostOf = ({ args: [text] }) => text && { cost: walked(text) }
const walksFirstKept: CostOf = ({ args: [text] }) =>
  text && { cost: walked(text), size: sizeOf(text) }
const walksTarget: CostOf = ({ target }) => target && { cost: walked(target), size: sizeOf(target) }

/** What a list's elements may be like; the list's own literal elements don't count. */
function elementSize({ type, path }: Estimated, sizeAt: SizeAt): Range {
  if (type.kind !== 'list') return { min: 0, max: mostUnits }
  return (path && sizeAt([...path, '@items'])) ?? { min: 0, max: mostUnits }
}

const walksElements: CostOf = ({ target, sizeAt }) => {
  if (!target) return undefined
  if (target.type.kind !== 'list') return { cost: walked(target) }
  const { kind } = target.type.element
  const isText = kind === 'string' || kind === 'bytes'
  const each = isText ? sum(one, scaled(elementSize(target, sizeAt), perCharacter)) : one
  return { cost: product(sizeOf(target), each) }
}

const replaces: CostOf = ({ target, args: [from, to] }) => {
  if (!target || !from || !to) return undefined
  const size = replacedSize(sizeOf(target), sizeOf(from), sizeOf(to))
  return { cost: walked(target, 2 * perCharacter), size }
}

/** As many replacements as fit, each by the largest or smallest that may be. */
function replacedSize(text: Range, from: Range, to: Range): Range {
  const most =
    from.min === 0
      ? sum(product(fixed(text.max + 1), fixed(to.max)), fixed(text.max)).max
      : to.max <= from.min
        ? text.max
        : product(fixed(Math.ceil(text.max / from.min)), fixed(to.max)).max
  const least =
    from.max === 0
      ? sum(product(fixed(text.min + 1), fixed(to.min)), fixed(text.min)).min
      : from.max <= to.min
        ? text.min
        : product(fixed(Math.ceil(text.min / from.max)), fixed(to.min)).min
  return { min: least, max: most }
}

const splits: CostOf = ({ target, args: [, limit] }) => {
  if (!target) return undefined
  const { literal } = limit ?? {}
  const max = literal === undefined ? sizeOf(target).max : Number(BigInt.asUintN(64, literal))
  return { cost: walked(target, 2 * perCharacter), size: { min: 0, max } }
}

const joins: CostOf = ({ target, args: [separator], sizeAt }) => {
  if (!target) return undefined
  const count = sizeOf(target)
  const texts = product(count, elementSize(target, sizeAt))
  const gaps = { min: Math.max(0, count.min - 1), max: Math.max(0, count.max - 1) }
  const size = separator ? sum(texts, product(sizeOf(separator), gaps)) : texts
  return { cost: scaled(size, perCharacter), size }
}

function matched(text: Range, pattern: Range): Range {
  return product(scaled(sum(text, one), perCharacter), scaled(pattern, perPatternCharacter))
}

const finds: CostOf = ({ target, args: [pattern] }) =>
  target &&
  pattern && {
    cost: matched(sizeOf(target), sizeOf(pattern)),
    size: { min: 0, max: sizeOf(target).max },
  }

/** Only the member; the global function counts as one. */
const matches: CostOf = ({ target, args: [pattern] }) =>
  target && pattern && { cost: matched(sizeOf(target), sizeOf(pattern)) }

const contains: CostOf = ({ target, args: [part] }) =>
  target && part && { cost: product(walked(target), walked(part)) }

const comparesAddress = (more: Range): CostOf => {
  return ({ args: [other], parameters }) => {
    const isText = parameters[1]?.kind === 'string'
    const parsing = isText && other ? walked(other) : nothing
    return { cost: sum(scaled(sum(addressBytes, addressBytes), perCharacter), more, parsing) }
  }
}

const parsesAddress: CostOf = (call) => (call.target ? { cost: one } : walksFirst(call))

const validates: CostOf = ({ args: [text] }) =>
  text && { cost: scaled(walked(text), formatPattern * perPatternCharacter) }

/** Texts and bytes by their sizes; numbers as one; lists keep track of theirs. */
const adds: CostOf = ({ args: [left, right], parameters: [first] }) => {
  if (!left || !right) return undefined
  const size = sum(sizeOf(left), sizeOf(right))
  if (first?.kind === 'list') return { cost: one, size }
  const isText = first?.kind === 'string' || first?.kind === 'bytes'
  return isText ? { cost: scaled(size, perCharacter), size } : undefined
}

const smaller = (left: Estimated, right: Estimated): CallCost => {
  const max = Math.min(sizeOf(left).max, sizeOf(right).max)
  return { cost: scaled({ min: max > 0 ? 1 : 0, max }, perCharacter) }
}

const orders: CostOf = ({ args: [left, right], parameters: [first] }) => {
  const isText = first?.kind === 'string' || first?.kind === 'bytes'
  return isText && left && right ? smaller(left, right) : undefined
}

const plainOpaques = ['net.IP', 'net.CIDR', 'kubernetes.Quantity', 'kubernetes.Semver']

const equals: CostOf = ({ args: [left, right] }) => {
  if (!left || !right) return undefined
  const { type } = left
  const isPlain = type.kind === 'opaque' && plainOpaques.includes(type.name)
  return isPlain && right.type.kind === 'opaque' ? { cost: one } : smaller(left, right)
}

const notEquals: CostOf = ({ args: [left, right] }) => left && right && smaller(left, right)

const converts: CostOf = ({ args: [value], parameters: [from] }) => {
  if (!value || from?.kind !== 'bytes') return undefined
  const { min, max } = sizeOf(value)
  return { cost: walked(value), size: { min: Math.floor(min / 4), max } }
}

const encodes: CostOf = ({ args: [value], parameters: [from] }) => {
  if (!value || from?.kind !== 'string') return undefined
  return {
    cost: walked(value),
    size: sum(sizeOf(value), product(sizeOf(value), { min: 0, max: 3 })),
  }
}

const quotes: CostOf = ({ args: [value] }) => {
  if (!value) return undefined
  const { min, max } = sizeOf(value)
  return { cost: walked(value), size: { min: min + 2, max: Math.min(max * 2 + 2, mostUnits) } }
}

/** A call that makes a list of so many elements. */
const makes = (size: Range, factor = 1): CallCost => ({
  cost: sum(scaled(size, factor), fixed(11)),
  size,
})

const countOf = (of: Estimated | undefined, other: number): number =>
  of?.literal === undefined ? other : Math.max(0, Number(of.literal))

const slices: CostOf = ({ target, args: [start, end] }) =>
  target && makes(fixed(Math.max(0, countOf(end, sizeOf(target).max) - countOf(start, 0))))

const flattens: CostOf = ({ target, args: [depth] }) =>
  target && makes(sizeOf(target), depth ? countOf(depth, mostUnits) : 1)

/** All elements of a list with one another; texts cost more. */
const selfCompares = (list: Estimated | undefined, isText: boolean): CallCost | undefined =>
  list && makes(product(sizeOf(list), sizeOf(list)), isText ? 2 + perCharacter : 2)

const hasTexts = (type: CelType | undefined): boolean =>
  type?.kind === 'list' && (type.element.kind === 'string' || type.element.kind === 'bytes')

const compareSets =
  (factor: number): CostOf =>
  ({ args: [a, b] }) =>
    a && b && { cost: sum(scaled(product(sizeOf(a), sizeOf(b)), factor), one) }

export const callCosts: Readonly<Record<string, CostOf>> = {
  ...Object.fromEntries(
    ['isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf'].map((name) => [
      name,
      walksElements,
    ]),
  ),
  ...{ url: walksFirstKept, 'jsonpatch.escapeKey': walksFirstKept },
  ...{
    lowerAscii: walksTarget,
    upperAscii: walksTarget,
    substring: walksTarget,
    trim: walksTarget,
  },
  ...{ replace: replaces, split: splits, join: joins, find: finds, findAll: finds },
  ...{ cidr: walksFirst, isIP: walksFirst, isCIDR: walksFirst, ip: parsesAddress },
  'ip.isCanonical': ({ args: [text] }) => text && { cost: walked(text, 2 * perCharacter) },
  containsIP: comparesAddress(nothing),
  containsCIDR: comparesAddress(sum(scaled(addressBytes, perCharacter), one)),
  ...{ quantity: walksFirst, isQuantity: walksFirst, semver: walksFirst, isSemver: walksFirst },
  validate: validates,
  ...{ check: () => ({ cost: fixed(350_000) }) },
  format: ({ target }) => target && { cost: walked(target) },
  ...{ string: converts, bytes: encodes, 'strings.quote': quotes },
  ...{ startsWith: walksFirst, endsWith: walksFirst },
  '@in': ({ args: [, list], parameters: [, container] }) =>
    list && container?.kind === 'list' ? { cost: sizeOf(list) } : undefined,
  ...{ matches, contains, '_+_': adds, '_==_': equals, '_!=_': notEquals },
  ...{ 'sets.contains': compareSets(1), 'sets.intersects': compareSets(1) },
  ...{ 'sets.equivalent': compareSets(2), slice: slices, flatten: flattens },
  'lists.range': ({ args: [count] }) => makes(fixed(countOf(count, mostUnits))),
  reverse: ({ target }) => (target?.type.kind === 'list' ? makes(sizeOf(target)) : undefined),
  distinct: ({ target }) => selfCompares(target, false),
  sort: ({ target, parameters: [list] }) => selfCompares(target, hasTexts(list)),
  '@sortByAssociatedKeys': ({ args: [keys], parameters: [, list] }) =>
    selfCompares(keys, hasTexts(list)),
  ...{ '_<_': orders, '_<=_': orders, '_>_': orders, '_>=_': orders },
}
