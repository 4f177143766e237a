// A Job's podFailurePolicy: what the first rule that matches says of a failed Pod.

import type { Job, Pod } from '../../api/types.gen.ts'

export type Verdict =
  | { readonly action: 'FailJob'; readonly message: string }
  | { readonly action: 'FailIndex' | 'Ignore' | 'Count' }

export function judge({ spec }: Job, pod: Pod): Verdict {
  for (const [index, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const why = rule.onExitCodes
      ? exitCodeMatch(pod, rule.onExitCodes)
      : conditionMatch(pod, rule.onPodConditions ?? [])
    if (!why) continue
    if (rule.action !== 'FailJob') return { action: rule.action }
    return { action: 'FailJob', message: `${why} matching FailJob rule at index ${index}` }
  }
  return { action: 'Count' }
}

interface ExitCodes {
  readonly containerName?: string
  readonly operator: string
  readonly values: readonly number[]
}

function exitCodeMatch(pod: Pod, { containerName, operator, values }: ExitCodes) {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
  const found = [...containerStatuses, ...initContainerStatuses].find(({ name, state }) => {
    const exitCode = state?.terminated?.exitCode ?? 0
    if (exitCode === 0 || (containerName && name !== containerName)) return false
    return values.includes(exitCode) === (operator === 'In')
  })
  const { namespace, name } = pod.metadata
  return (
    found &&
    `Container ${found.name} for pod ${namespace}/${name} failed with exit code ${found.state?.terminated?.exitCode}`
  )
}

function conditionMatch(
  pod: Pod,
  patterns: readonly { readonly type: string; readonly status?: string }[],
) {
  const found = patterns.find(({ type, status = 'True' }) =>
    pod.status?.conditions?.some((each) => each.type === type && each.status === status),
  )
  const { namespace, name } = pod.metadata
  return found && `Pod ${namespace}/${name} has condition ${found.type}`
}
