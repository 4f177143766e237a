// What a DELETE does to an object, decided from its state and the options alone: vanish at once,
// be marked and wait for its finalizers or its grace period, or nothing because it already waits.

import type { ObjectMeta } from '../../api/types.gen.ts'
import { type ApiObject, listAt, withMetadata, withValueAt } from './api-object.ts'
import type { DeleteOptions } from './delete-options.ts'
import type { DeletionRules } from './resource.ts'

export const orphanFinalizer = 'orphan'
export const foregroundFinalizer = 'foregroundDeletion'

export type DeletionPlan =
  /** Remove it now; `last` is the state its deletion is reported with. */
  | { readonly act: 'remove'; readonly last: ApiObject }
  /** Write `object`, whose deletion goes on when finalizers and grace period are done. */
  | { readonly act: 'mark'; readonly object: ApiObject }
  /** Deletion is under way and this request changes nothing about it. */
  | { readonly act: 'none' }

export function planDeletion(
  object: ApiObject,
  rules: DeletionRules,
  options: DeleteOptions,
  now: Date,
): DeletionPlan {
  if (rules.isTwoPhase) {
    const phase = planFirstPhase(object, rules, options, now)
    if (phase) return phase
  }
  const graceful = planGrace(object, rules, options, now)
  if (graceful === 'pending') return { act: 'none' }
  const ending = graceful ?? object
  const finalizers = finalizersFor(ending.metadata, rules, options)
  const marked = isSameSet(finalizers, ending.metadata.finalizers ?? [])
    ? ending
    : withMetadata(ending, { finalizers: finalizers.length > 0 ? finalizers : undefined })
  if (!graceful) {
    return finalizers.length > 0
      ? { act: 'mark', object: markDeleting(marked, now) }
      : { act: 'remove', last: object }
  }
  const isOver = finalizers.length === 0 && !graceful.metadata.deletionGracePeriodSeconds
  return isOver ? { act: 'remove', last: marked } : { act: 'mark', object: marked }
}

/** Undefined once the content is gone: then a Namespace ends like any other object. */
function planFirstPhase(
  namespace: ApiObject,
  rules: DeletionRules,
  options: DeleteOptions,
  now: Date,
): DeletionPlan | undefined {
  if (namespace.metadata.deletionTimestamp !== undefined) {
    const isEmptied = listAt(namespace, 'spec', 'finalizers').length === 0
    return isEmptied ? undefined : { act: 'none' }
  }
  const finalizers = finalizersFor(namespace.metadata, rules, options)
  const marked = withMetadata(namespace, {
    deletionTimestamp: timeAfter(now, 0),
    finalizers: finalizers.length > 0 ? finalizers : undefined,
  })
  return { act: 'mark', object: withValueAt(marked, ['status', 'phase'], 'Terminating') }
}

/**
 * The object with its grace period set or shortened; undefined for one that ends without, or
 * whose period is over.
 */
function planGrace(
  object: ApiObject,
  { gracePeriod }: DeletionRules,
  { gracePeriodSeconds: asked }: DeleteOptions,
  now: Date,
): ApiObject | 'pending' | undefined {
  if (!gracePeriod) return undefined
  const { deletionTimestamp, deletionGracePeriodSeconds: current, generation } = object.metadata
  if (deletionTimestamp === undefined) {
    const seconds = gracePeriod(object, asked)
    return withMetadata(object, {
      deletionTimestamp: timeAfter(now, seconds),
      deletionGracePeriodSeconds: seconds,
      ...(generation && { generation: generation + 1 }),
    })
  }
  if (!current) return undefined
  if (asked === undefined || asked >= current) return 'pending'
  const ends = new Date(Date.parse(deletionTimestamp) + (asked - current) * 1000)
  const isPast = ends < now
  return withMetadata(object, {
    deletionTimestamp: timeAfter(isPast ? now : ends, 0),
    deletionGracePeriodSeconds: isPast && asked > 0 ? 1 : asked,
  })
}

/** For kinds without a grace period, and for what only its finalizers still hold. */
function markDeleting(object: ApiObject, now: Date): ApiObject {
  const { deletionTimestamp, generation } = object.metadata
  const isLater = deletionTimestamp !== undefined && Date.parse(deletionTimestamp) > now.getTime()
  return withMetadata(object, {
    deletionTimestamp:
      deletionTimestamp === undefined || isLater ? timeAfter(now, 0) : deletionTimestamp,
    deletionGracePeriodSeconds: 0,
    ...(deletionTimestamp === undefined && generation && { generation: generation + 1 }),
  })
}

/** The finalizers with those for the garbage collector added or taken away, as asked. */
export function finalizersFor(
  { finalizers = [] }: ObjectMeta,
  rules: DeletionRules,
  options: DeleteOptions,
): readonly string[] {
  if (rules.dependents === 'unsupported') return finalizers.filter((each) => !isCollectors(each))
  const policy = policyFor(finalizers, rules, options)
  return [
    ...finalizers.filter((each) => !isCollectors(each)),
    ...(policy === 'Orphan' ? [orphanFinalizer] : []),
    ...(policy === 'Foreground' ? [foregroundFinalizer] : []),
  ]
}

/** Options count first, then what an earlier delete decided, then the kind's own way. */
function policyFor(
  finalizers: readonly string[],
  { dependents }: DeletionRules,
  { orphanDependents, propagationPolicy }: DeleteOptions,
): 'Orphan' | 'Foreground' | 'Background' {
  if (orphanDependents !== undefined) return orphanDependents ? 'Orphan' : 'Background'
  if (propagationPolicy) return propagationPolicy
  const earlier = finalizers.find(isCollectors)
  if (earlier) return earlier === orphanFinalizer ? 'Orphan' : 'Foreground'
  return dependents === 'orphan' ? 'Orphan' : 'Background'
}

function isCollectors(finalizer: string): boolean {
  return finalizer === orphanFinalizer || finalizer === foregroundFinalizer
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((each) => right.includes(each))
}

function timeAfter(from: Date, seconds: number): string {
  return `${new Date(from.getTime() + seconds * 1000).toISOString().slice(0, 19)}Z`
}
