// What callers see of CEL: expressions are compiled once against declarations, then evaluated.

import type { SizeAt } from './cost/estimated.ts'
import type { CelType, ObjectType } from './types.ts'
import type { CelValue } from './values.ts'

export interface Declarations {
  readonly variables: Readonly<Record<string, CelType>>
  /** Types that an expression may construct: `Object{…}`, `JSONPatch{…}`. */
  readonly typeNamed?: (name: string) => ObjectType | undefined
  /** How large variables and their parts may be; given, programs know what they cost at most. */
  readonly sizeAt?: SizeAt
}

export interface CelIssue {
  /** Counted from 1. */
  readonly line: number
  /** Counted from 1. */
  readonly column: number
  /** `undeclared reference to 'x' (in container '')` */
  readonly message: string
  /** As cel-go shows it: position, message, the line, a caret. */
  readonly text: string
}

export interface EvaluateOptions {
  /** Units of cel-go's cost model; evaluation fails with CostError beyond. */
  readonly costLimit: number
  /** Told the units spent, also when the evaluation fails. */
  readonly onCost?: (cost: number) => void
}

export interface Program {
  readonly resultType: CelType
  /** The declared variables that it names. */
  readonly references: ReadonlySet<string>
  /** In units of cel-go's cost model; only where the declarations know sizes. */
  readonly maxCost?: number
  /**
   * Bindings are plain JSON, seen as the declared types, or CEL values. Throws CelError.
   * A declared variable that is not bound fails when it is used.
   */
  evaluate(bindings: Readonly<Record<string, unknown>>, options: EvaluateOptions): CelValue
}

export type Compilation = { readonly errors: readonly CelIssue[] } | Program

/** A failed evaluation: `no such key: foo`, `divide by zero`. */
export class CelError extends Error {}

export class CostError extends CelError {
  constructor() {
    super('operation cancelled: actual cost limit exceeded')
  }
}
