// The controller contract: which keys, what to look at, what to want. No effects in here.

import type { Kind } from '../api/kinds.ts'
import type { ObjectKey } from '../api/meta.ts'
import type { KindMap } from '../api/types.gen.ts'
import type { Listers, ObjectChange } from './informer.ts'
import type { Want } from './informers.ts'
import type { Plan } from './plan.ts'

/** The keys that a change of an object of kind K makes worth looking at. */
export type Trigger<K extends Kind> = (
  change: ObjectChange<KindMap[K]>,
  listers: Listers,
) => readonly ObjectKey[]

export type Triggers = { readonly [K in Kind]?: Trigger<K> }

export interface Controller<Observed> {
  /** As upstream names it; the component of its events. */
  readonly name: string
  /** Changes of this kind enqueue the object itself. */
  readonly reconciles: Kind
  /** Changes of these kinds enqueue the object of `reconciles` that controls them. */
  readonly owns?: readonly Kind[]
  readonly triggers?: Triggers
  /** Kinds that are only looked at. */
  readonly reads?: readonly Kind[]
  /** Keys worked on at the same time; default 5. */
  readonly workers?: number
  /** Undefined: nothing to do for this key. */
  observe(key: ObjectKey, listers: Listers): Observed | undefined
  plan(observed: Observed, now: Date): Plan
}

/** A controller whose Observed no longer matters, as the table and the runner see it. */
export type AnyController = Controller<never>

export function wantsOf(controller: Omit<AnyController, 'observe' | 'plan'>): readonly Want[] {
  const { reconciles, owns = [], reads = [], triggers = {} } = controller
  return [...new Set([reconciles, ...owns, ...reads, ...(Object.keys(triggers) as Kind[])])].map(
    (kind) => ({ kind }),
  )
}
