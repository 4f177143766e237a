// What the checks of the Pod Security Standards share: the Pod they look at, what they find, and
// the words for it. Pure.

import type { DraftOf } from '../../../api/draft.ts'
import type { Container, ObjectMeta, PodSpec } from '../../../api/types.gen.ts'

export type Spec = DraftOf<PodSpec>
export type AnyContainer = DraftOf<Container>
export type SecurityContext = NonNullable<Spec['securityContext']> &
  NonNullable<AnyContainer['securityContext']>

export interface CheckedPod {
  readonly metadata: DraftOf<ObjectMeta>
  readonly spec: Spec
}

/** `reason` alone counts for many Pods at once; `detail` names containers and values. */
export interface Violation {
  readonly reason: string
  readonly detail: string
}

export type PodCheck = (pod: CheckedPod) => Violation | undefined

export function containersOf(spec: Spec): readonly AnyContainer[] {
  return [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...((spec.ephemeralContainers ?? []) as readonly AnyContainer[]),
  ]
}

/** Names of the containers whose security context (undefined without one) is found bad. */
export function badContainers(
  spec: Spec,
  isBad: (context: Partial<SecurityContext> | undefined, container: AnyContainer) => boolean,
): readonly string[] {
  return containersOf(spec)
    .filter((container) => isBad(container.securityContext, container))
    .map(({ name = '' }) => name)
}

export function plural(singular: string, count: number): string {
  return count === 1 ? singular : `${singular}s`
}

export function quoted(values: Iterable<string>): string {
  return [...values].map((value) => `"${value}"`).join(', ')
}

/** container "a"; containers "a", "b" */
export function named(names: readonly string[], what = 'container'): string {
  return `${plural(what, names.length)} ${quoted(names)}`
}

/** pod and containers "a", "b" */
export function settersText(isPodBad: boolean, containers: readonly string[]): string {
  const own = containers.length > 0 ? [named(containers)] : []
  return [...(isPodBad ? ['pod'] : []), ...own].join(' and ')
}

/** Collects what was found bad, each once, in order. */
export function sortedSet(values: Iterable<string>): readonly string[] {
  return [...new Set(values)].sort()
}

/** Pods in a user namespace of their own: root in them is nobody outside. */
export function isInUserNamespace({ hostUsers }: Spec): boolean {
  return hostUsers === false
}
