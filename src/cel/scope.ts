// What compiled code runs in: the bindings, the variables of macros, the meter.

import { CelError, CostError } from './program.ts'
import type { CelType } from './types.ts'
import type { CelValue } from './values.ts'

export interface Meter {
  spend(cost: number): void
  readonly spent: number
}

/** Throws CostError once more than the limit is spent. */
export function createMeter(limit: number): Meter {
  let spent = 0
  return {
    spend(cost) {
      spent += cost
      if (spent > limit) throw new CostError()
    },
    get spent() {
      return spent
    },
  }
}

export interface Frame {
  readonly meter: Meter
  /** Throws CelError for a variable that is not bound. */
  variable(name: string): CelValue
  /** Variables of macros, by depth. */
  readonly locals: CelValue[]
}

/** Runs a checked expression. */
export type Code = (frame: Frame) => CelValue

export interface Checked {
  readonly type: CelType
  readonly code: Code
  /** Known ahead of time, and then free of cost: constants, and what is made of them alone. */
  readonly constant?: CelValue
}

/** Code that makes a value of constants: run now, unless it fails. */
export function folded({ type, code }: Checked): Checked {
  try {
    const frame = { meter: createMeter(mostFoldedCost), locals: [], variable: () => null }
    const constant = code(frame)
    return { type, code: () => constant, constant }
  } catch (error) {
    // It fails when it is run.
    if (error instanceof CelError) return { type, code }
    throw error
  }
}

const mostFoldedCost = 1_000_000

/** Names that are visible at a place: the macros' by slot, the rest by declaration. */
export interface Scope {
  readonly locals: readonly { readonly name: string; readonly type: CelType }[]
  /** Lists and maps may mix types: arguments of format. */
  readonly isMixed?: boolean
}

export function within(
  scope: Scope,
  variables: readonly { readonly name: string; readonly type: CelType }[],
): Scope {
  return { ...scope, locals: [...scope.locals, ...variables] }
}
