// What compiled code runs in: the bindings, the variables of macros, the meter.

import { CostError } from './program.ts'
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
}

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
