// What a Terminating namespace says about its end: five conditions, in upstream's words.

import type { Namespace, NamespaceCondition } from '../../api/types.gen.ts'

/** What a round of deleting found left, and what went wrong. */
export interface Remains {
  readonly discoveryErrors: readonly string[]
  readonly deletionErrors: readonly string[]
  /** Objects left, by `plural.group`. */
  readonly resources: Readonly<Record<string, number>>
  /** Objects left, by the finalizer they carry. */
  readonly finalizers: Readonly<Record<string, number>>
}

interface Row {
  readonly type: string
  readonly whenTrue: { readonly reason: string; readonly message: string } | undefined
  readonly whenFalse: { readonly reason: string; readonly message: string }
}

export function isEmpty({ resources, deletionErrors, discoveryErrors }: Remains): boolean {
  const problems = deletionErrors.length + discoveryErrors.length
  return Object.keys(resources).length === 0 && problems === 0
}

/** The conditions of this round; those that say the same as before keep their times. */
export function namespaceConditions(
  { status }: Namespace,
  remains: Remains,
  now: Date,
): readonly NamespaceCondition[] {
  const lastTransitionTime = `${now.toISOString().slice(0, 19)}Z`
  const rows = rowsOf(remains).map(({ type, whenTrue, whenFalse }): NamespaceCondition => {
    const wanted = { type, status: whenTrue ? 'True' : 'False', ...(whenTrue ?? whenFalse) }
    const current = status?.conditions?.find((condition) => condition.type === type)
    const isKept = current?.status === wanted.status && current.lastTransitionTime !== undefined
    return {
      lastTransitionTime: isKept ? (current.lastTransitionTime ?? '') : lastTransitionTime,
      ...wanted,
    }
  })
  const types = new Set(rows.map(({ type }) => type))
  return [...(status?.conditions ?? []).filter(({ type }) => !types.has(type)), ...rows]
}

function rowsOf({ discoveryErrors, deletionErrors, resources, finalizers }: Remains): Row[] {
  const left = (counts: Readonly<Record<string, number>>, verb: string) =>
    Object.keys(counts)
      .sort()
      .map((name) => `${name} ${verb} ${counts[name]} resource instances`)
      .join(', ')
  return [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      whenTrue:
        discoveryErrors.length > 0
          ? {
              reason: 'DiscoveryFailed',
              message: `Discovery failed for some groups, ${discoveryErrors.length} failing: unable to retrieve the complete list of server APIs: ${discoveryErrors.join(', ')}`,
            }
          : undefined,
      whenFalse: {
        reason: 'ResourcesDiscovered',
        message: 'All resources successfully discovered',
      },
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      whenTrue: undefined,
      whenFalse: {
        reason: 'ParsedGroupVersions',
        message: 'All legacy kube types successfully parsed',
      },
    },
    {
      type: 'NamespaceDeletionContentFailure',
      whenTrue:
        deletionErrors.length > 0
          ? {
              reason: 'ContentDeletionFailed',
              message: `Failed to delete all resource types, ${deletionErrors.length} remaining: ${deletionErrors.join(', ')}`,
            }
          : undefined,
      whenFalse: {
        reason: 'ContentDeleted',
        message: 'All content successfully deleted, may be waiting on finalization',
      },
    },
    {
      type: 'NamespaceContentRemaining',
      whenTrue:
        Object.keys(resources).length > 0
          ? {
              reason: 'SomeResourcesRemain',
              message: `Some resources are remaining: ${left(resources, 'has')}`,
            }
          : undefined,
      whenFalse: { reason: 'ContentRemoved', message: 'All content successfully removed' },
    },
    {
      type: 'NamespaceFinalizersRemaining',
      whenTrue:
        Object.keys(finalizers).length > 0
          ? {
              reason: 'SomeFinalizersRemain',
              message: `Some content in the namespace has finalizers remaining: ${left(finalizers, 'in')}`,
            }
          : undefined,
      whenFalse: {
        reason: 'ContentHasNoFinalizers',
        message: 'All content-preserving finalizers finished',
      },
    },
  ]
}
