// A ResourceQuota's status: its limits as the spec has them, and what the objects of its
// namespace use of each.

import { addQuantities, canonicalQuantity } from '../../api/quantity.ts'
import { matchesScopes } from '../../api/quota/scopes.ts'
import { type CountedKind, usageOf } from '../../api/quota/usage.ts'
import type { ResourceQuota } from '../../api/types.gen.ts'
import { nothing, type Plan, updateStatus } from '../../client/plan.ts'
import { isSame } from '../template-hash.ts'

export interface Counted {
  readonly kind: CountedKind
  readonly objects: readonly object[]
}

export interface Observed {
  readonly quota: ResourceQuota
  /** Everything in the namespace of the kinds that kindsOf names. */
  readonly counted: readonly Counted[]
}

export function planQuota({ quota, counted }: Observed): Plan {
  const hard = quota.spec?.hard ?? {}
  const used: Record<string, string> = Object.fromEntries(
    Object.keys(hard).map((name) => [name, '0']),
  )
  for (const { kind, objects } of counted) {
    for (const object of objects) {
      if (!matchesScopes(quota, kind, object)) continue
      for (const [name, amount] of Object.entries(usageOf(kind, object))) {
        const sum = used[name]
        if (sum !== undefined) used[name] = addQuantities(sum, amount)
      }
    }
  }
  const { status = {} } = quota
  if (isSame(canonical(status.hard), canonical(hard)) && isSame(canonical(status.used), used)) {
    return nothing
  }
  return {
    actions: [updateStatus('ResourceQuota', { ...quota, status: { ...status, hard, used } })],
  }
}

function canonical(amounts: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => [name, canonicalQuantity(amount)]),
  )
}

/** Kinds that are counted by their plain plural. */
const plainPlurals = [
  'configmaps',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
]

/** The kinds whose objects the limits of a quota are about. */
export function kindsOf({ spec }: ResourceQuota): readonly CountedKind[] {
  const kinds = new Map<string, CountedKind>()
  for (const name of Object.keys(spec?.hard ?? {})) {
    const kind = kindOf(name)
    kinds.set(`${kind.plural}.${kind.group}`, kind)
  }
  return [...kinds.values()]
}

function kindOf(name: string): CountedKind {
  const group = ''
  if (name.startsWith('count/')) {
    const [plural = '', ...groups] = name.slice('count/'.length).split('.')
    return { plural, group: groups.join('.') }
  }
  if (plainPlurals.includes(name)) return { group, plural: name }
  if (name.startsWith('services.')) return { group, plural: 'services' }
  if (name === 'requests.storage' || name.includes('.storageclass.storage.k8s.io/')) {
    return { group, plural: 'persistentvolumeclaims' }
  }
  return { group, plural: 'pods' }
}
