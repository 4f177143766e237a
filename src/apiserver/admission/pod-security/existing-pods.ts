// What the Pods that are there have against a level that their namespace is about to enforce, as
// warnings. Pods of one owner are much alike: one of each is looked at first. Pure.

import { asDraft, draftAs } from '../../../api/draft.ts'
import type { Pod } from '../../../api/types.gen.ts'
import { type LevelVersion, levelText } from './policy.ts'
import { reasonsOf, violations } from './standards.ts'

const mostPods = 3000

export function existingViolations(
  namespace: string,
  enforce: LevelVersion,
  pods: readonly Pod[],
): readonly string[] {
  const checked = onePerOwnerFirst(pods).slice(0, mostPods)
  const names = new Map<string, string[]>()
  for (const pod of checked) {
    const { metadata = {}, spec = {} } = draftAs<Pod>(asDraft(pod))
    const reasons = reasonsOf(violations(enforce, { metadata, spec }))
    if (reasons) names.set(reasons, [...(names.get(reasons) ?? []), pod.metadata.name])
  }
  const level = JSON.stringify(levelText(enforce))
  return [
    ...(checked.length < pods.length
      ? [
          `new PodSecurity enforce level only checked against the first ${checked.length} of ${pods.length} existing pods`,
        ]
      : []),
    ...(names.size > 0
      ? [
          `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level ${level}`,
        ]
      : []),
    ...[...names].map(([reasons, all]) => `${podsText(all)}: ${reasons}`).sort(),
  ]
}

function podsText(names: readonly string[]): string {
  const [first = '', ...others] = names.toSorted()
  if (others.length === 0) return first
  const more = others.length === 1 ? '1 other pod' : `${others.length} other pods`
  return `${first} (and ${more})`
}

function onePerOwnerFirst(pods: readonly Pod[]): readonly Pod[] {
  const owners = new Set<string>()
  const more: Pod[] = []
  const first = pods.filter((pod) => {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller)?.uid
    if (owner === undefined) return true
    if (owners.has(owner)) more.push(pod)
    const isNew = !owners.has(owner)
    owners.add(owner)
    return isNew
  })
  return [...first, ...more]
}
