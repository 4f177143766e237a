// What is estimated of an expression: its cost, and what its value may be like.

import type { CelType } from '../types.ts'
import { type Range, union, unknown } from './range.ts'

/** Sizes of the elements that an expression writes down, where it does. */
export interface EntrySize {
  readonly isList: boolean
  readonly key: Range
  readonly value: Range
}

export interface Estimated {
  readonly type: CelType
  readonly cost: Range
  /** Where the value is in the variables: `['self', 'spec', '@items']`; undefined elsewhere. */
  readonly path: readonly string[] | undefined
  /** Characters, bytes, elements or entries; undefined where nothing is known. */
  readonly size: Range | undefined
  readonly entry: EntrySize | undefined
  /** Of a literal int, as split's limit. */
  readonly literal?: bigint
}

/** The size of what is at a path of the variables; undefined where that is not known. */
export type SizeAt = (path: readonly string[]) => Range | undefined

export const sizeOf = ({ size }: Estimated): Range => size ?? unknown

export function unionOfEntries(
  a: EntrySize | undefined,
  b: EntrySize | undefined,
): EntrySize | undefined {
  if (!a || !b) return undefined
  return { isList: a.isList, key: union(a.key, b.key), value: union(a.value, b.value) }
}
