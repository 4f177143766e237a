// Conditions of a status: found by type, set without touching the others.

interface ConditionLike {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly lastTransitionTime?: string
}

export function findCondition<C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type)
}

export function hasCondition(
  conditions: readonly ConditionLike[] | undefined,
  type: string,
  status: string,
): boolean {
  return findCondition(conditions, type)?.status === status
}

/**
 * Puts the condition last. One with the same status and reason stays as it is; one with the same
 * status keeps its transition time.
 */
export function setCondition<C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  wanted: C,
): readonly C[] {
  const current = findCondition(conditions, wanted.type)
  if (current && current.status === wanted.status && current.reason === wanted.reason) {
    return conditions ?? []
  }
  const { lastTransitionTime } = current ?? {}
  const keepsTime = current?.status === wanted.status && lastTransitionTime !== undefined
  const others = removeCondition(conditions, wanted.type)
  return [...others, keepsTime ? { ...wanted, lastTransitionTime } : wanted]
}

export function removeCondition<C extends ConditionLike>(
  conditions: readonly C[] | undefined,
  type: string,
): readonly C[] {
  return (conditions ?? []).filter((condition) => condition.type !== type)
}
