// The conditions of a definition.

import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
} from '../../api/types.gen.ts'

type Condition = CustomResourceDefinitionCondition

export type NewCondition = Pick<Condition, 'type' | 'status'> & {
  readonly reason: string
  readonly message: string
}

export function findCondition(
  { status }: Pick<CustomResourceDefinition, 'status'>,
  type: string,
): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type)
}

export function isTrue(
  definition: Pick<CustomResourceDefinition, 'status'>,
  type: string,
): boolean {
  return findCondition(definition, type)?.status === 'True'
}

/** The list with a condition set; its time moves only when its status does. */
export function withCondition(
  conditions: readonly Condition[],
  condition: NewCondition,
  now: string,
): Condition[] {
  const old = conditions.find(({ type }) => type === condition.type)
  const isMoved = old?.status !== condition.status || !old.lastTransitionTime
  const made = {
    ...condition,
    lastTransitionTime: isMoved ? now : (old.lastTransitionTime ?? now),
  }
  return old ? conditions.map((each) => (each === old ? made : each)) : [...conditions, made]
}

export function withoutCondition(conditions: readonly Condition[], type: string): Condition[] {
  return conditions.filter((condition) => condition.type !== type)
}
