// Table: the order in which API groups are listed, as upstream's priorities put them. Clients resolve
// an ambiguous short name to the first group that has it.

const groupOrder: readonly string[] = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'resource.k8s.io',
  'flowcontrol.apiserver.k8s.io',
]

/** Built-in groups in their order, then all others by name. */
export function compareGroups(a: string, b: string): number {
  return rank(a) - rank(b) || a.localeCompare(b)
}

function rank(group: string): number {
  const index = groupOrder.indexOf(group)
  return index < 0 ? groupOrder.length : index
}

/** Newest and stablest first: v2, v1, v1beta2, v1beta1, v1alpha1, then anything else by name. */
export function compareVersions(a: string, b: string): number {
  const [first, second] = [versionRank(a), versionRank(b)]
  if (!first || !second) return first ? -1 : second ? 1 : a.localeCompare(b)
  const [stage, major, minor] = first.map((part, index) => (second[index] ?? 0) - part)
  return stage || major || minor || 0
}

function versionRank(version: string): readonly [number, number, number] | undefined {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (!match) return undefined
  const stage = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0
  return [stage, Number(match[1]), Number(match[3] ?? 0)]
}
