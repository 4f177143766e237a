// Which labels a kubelet may give its own Node. Those of roles and of restrictions are not among
// them: they would let a node draw to itself what is meant for others.

const own: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
])
const ownDomains = ['kubelet.kubernetes.io', 'node.kubernetes.io']
const kubernetesDomains = ['kubernetes.io', 'k8s.io']
const restrictedDomain = 'node-restriction.kubernetes.io'

export function mayKubeletSet(label: string): boolean {
  const slash = label.indexOf('/')
  const domain = slash < 0 ? '' : label.slice(0, slash)
  if (isWithin(domain, restrictedDomain)) return false
  if (!kubernetesDomains.some((parent) => isWithin(domain, parent))) return true
  return own.has(label) || ownDomains.some((parent) => isWithin(domain, parent))
}

function isWithin(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`)
}
