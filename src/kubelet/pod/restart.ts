// Whether a container that ended is started again. Pure.

import type { Container, ContainerRestartRule, Pod } from '../../api/types.gen.ts'
import type { ContainerSort } from './spec.ts'

export interface Ended {
  readonly sort: ContainerSort
  readonly container: Container
  readonly exitCode: number
}

export function shouldRestart(pod: Pod, { sort, container, exitCode }: Ended): boolean {
  if (sort === 'ephemeral') return false
  if (sort === 'sidecar') return true
  const rule = container.restartPolicyRules?.find((rule) => matches(rule, exitCode))
  if (rule) return rule.action === 'Restart'
  return byPolicy(policyOf(pod, sort, container), exitCode)
}

/** An init container ends once; for it Always means what OnFailure does. */
function policyOf(pod: Pod, sort: ContainerSort, container: Container): string {
  const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always'
  return sort === 'init' && policy === 'Always' ? 'OnFailure' : policy
}

function byPolicy(policy: string, exitCode: number): boolean {
  if (policy === 'Always') return true
  return policy === 'OnFailure' && exitCode !== 0
}

function matches({ exitCodes }: ContainerRestartRule, exitCode: number): boolean {
  if (!exitCodes) return false
  const listed = exitCodes.values?.includes(exitCode) ?? false
  return exitCodes.operator === 'In' ? listed : !listed
}
