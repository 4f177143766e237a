// The syntax tree of an expression. `at` is the offset in the source that an error points to.

import type { CelValue } from './values.ts'

export type Ast =
  | { readonly node: 'literal'; readonly at: number; readonly value: CelValue }
  | { readonly node: 'name'; readonly at: number; readonly name: string }
  | {
      readonly node: 'select'
      readonly at: number
      readonly of: Ast
      readonly field: string
      /** `?.`: yields an optional. */
      readonly isOptional: boolean
      /** has(x.f): whether the field is there. */
      readonly isTest: boolean
    }
  | {
      readonly node: 'call'
      readonly at: number
      readonly name: string
      readonly target: Ast | undefined
      readonly args: readonly Ast[]
    }
  | { readonly node: 'list'; readonly at: number; readonly items: readonly ListItem[] }
  | { readonly node: 'map'; readonly at: number; readonly entries: readonly MapEntry[] }
  | {
      readonly node: 'struct'
      readonly at: number
      readonly name: string
      readonly fields: readonly StructField[]
    }
  | Loop
  | Binding

export interface ListItem {
  readonly value: Ast
  readonly isOptional: boolean
}

export interface MapEntry extends ListItem {
  readonly key: Ast
}

export interface StructField extends ListItem {
  readonly name: string
  readonly at: number
}

export type LoopKind =
  | 'all'
  | 'exists'
  | 'existsOne'
  | 'map'
  | 'filter'
  | 'transformList'
  | 'transformMap'
  | 'transformMapEntry'

/** A macro over a list or map. */
export interface Loop {
  readonly node: 'loop'
  readonly at: number
  readonly kind: LoopKind
  readonly range: Ast
  /** Element of a list or key of a map; with two, index or key and then the value. */
  readonly variables: readonly string[]
  readonly filter: Ast | undefined
  readonly body: Ast
}

/** cel.bind, optMap, optFlatMap: a name for a value within `body`. */
export interface Binding {
  readonly node: 'binding'
  readonly at: number
  readonly kind: 'bind' | 'optMap' | 'optFlatMap'
  readonly variable: string
  readonly value: Ast
  readonly body: Ast
}
