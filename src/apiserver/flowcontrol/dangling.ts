// Plan: the condition Dangling of a FlowSchema, in upstream's words.

import type { FlowSchema, FlowSchemaCondition } from '../../api/types.gen.ts'

const type = 'Dangling'

/** Undefined where the schema says so already. */
export function danglingCondition(
  { spec, status }: FlowSchema,
  hasLevel: boolean,
  now: Date,
): FlowSchemaCondition | undefined {
  const named = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(spec.priorityLevelConfiguration.name)}`
  const wanted = hasLevel
    ? { status: 'False', reason: 'Found', message: `${named} and it exists` }
    : { status: 'True', reason: 'NotFound', message: `${named} but there is no such object` }
  const before = status?.conditions?.find((condition) => condition.type === type)
  const isSame = before?.status === wanted.status
  if (isSame && before.reason === wanted.reason && before.message === wanted.message)
    return undefined
  const since = isSame ? before.lastTransitionTime : undefined
  return { type, ...wanted, lastTransitionTime: since ?? `${now.toISOString().slice(0, 19)}Z` }
}
