// Table: the order in which API groups are listed, as upstream's priorities put them. Clients resolve
// an ambiguous short name to the first group that has it.

/** What an APIService asks for: the higher, the earlier. */
export interface Priority {
  readonly group: number
  readonly version: number
}

/** Group and groupPriorityMinimum of its APIServices, the highest first. */
const groupPriorities: ReadonlyMap<string, number> = new Map([
  ['', 18_000],
  // It has no APIServices itself.
  ['apiregistration.k8s.io', 20_000],
  ['apps', 17_800],
  ['events.k8s.io', 17_750],
  ['authentication.k8s.io', 17_700],
  ['authorization.k8s.io', 17_600],
  ['autoscaling', 17_500],
  ['batch', 17_400],
  ['certificates.k8s.io', 17_300],
  ['networking.k8s.io', 17_200],
  ['policy', 17_100],
  ['rbac.authorization.k8s.io', 17_000],
  ['storage.k8s.io', 16_800],
  ['admissionregistration.k8s.io', 16_700],
  ['apiextensions.k8s.io', 16_700],
  ['scheduling.k8s.io', 16_600],
  ['coordination.k8s.io', 16_500],
  ['node.k8s.io', 16_300],
  ['discovery.k8s.io', 16_200],
  ['resource.k8s.io', 16_200],
  ['flowcontrol.apiserver.k8s.io', 16_100],
])

/** Where it is not 15 for each major version, which puts the newer one first. */
const versionPriorities: ReadonlyMap<string, number> = new Map([
  ['/v1', 1],
  ['flowcontrol.apiserver.k8s.io/v1', 21],
  ['resource.k8s.io/v1', 20],
])

/** What custom resources get. */
const customPriority: Priority = { group: 1000, version: 100 }

/** The priority of a group and version that is served here, unless an APIService says otherwise. */
export function usualPriority(group: string, version: string): Priority {
  const groupPriority = groupPriorities.get(group)
  if (groupPriority === undefined) return customPriority
  const major = Number(/^v(\d+)/.exec(version)?.[1] ?? 0)
  const versionPriority = versionPriorities.get(`${group}/${version}`) ?? 15 * major
  return { group: groupPriority, version: versionPriority }
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
