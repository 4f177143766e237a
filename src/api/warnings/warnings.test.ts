import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conformObject } from '../decode.ts'
import { copyOf, type Draft } from '../draft.ts'
import { apiVersionOf, type Kind, kindEntry } from '../kinds.ts'
import { strategyOf } from '../strategies.ts'

const image = 'nginx:1'
const template = (spec: object, metadata: object = {}) => ({
  metadata: { labels: { app: 'x' }, ...metadata },
  spec: { containers: [{ name: 'c', image }], ...spec },
})

/** What creating an object says, and what replacing it by `next` says. */
function said(kind: Kind, object: object, next?: object): readonly string[] {
  const strategy = strategyOf(kindEntry(kind))
  const made = draftOf(kind, object)
  strategy.applyDefaults(made)
  strategy.prepareForCreate(made)
  if (!next) return strategy.warnings?.(made, undefined) ?? []
  const changed = draftOf(kind, next)
  strategy.applyDefaults(changed)
  strategy.prepareForUpdate(changed, made)
  return strategy.warnings?.(changed, made) ?? []
}

function draftOf(kind: Kind, object: object): Draft {
  const entry = kindEntry(kind)
  const { metadata = {}, ...rest } = object as Draft
  const whole = {
    apiVersion: apiVersionOf(entry),
    kind,
    metadata: { name: 'x', ...(metadata as object) },
    ...rest,
  }
  return copyOf(conformObject(entry, whole as Draft, 'Ignore').object) as Draft
}

const pod = (spec: object, metadata: object = {}) => said('Pod', template(spec, metadata))
const container = (fields: object) => ({ containers: [{ name: 'c', image, ...fields }] })

test('an ordinary object is not spoken of', () => {
  assert.deepEqual(pod({}), [])
  assert.deepEqual(said('Service', { spec: { ports: [{ port: 80 }], clusterIP: '10.0.0.1' } }), [])
})

test('a variable that hides an earlier one', () => {
  const env = [
    { name: 'A', value: '1' },
    { name: 'A', value: '2' },
    { name: 'B', value: '1' },
    { name: 'B', value: '$(B)2' },
    { name: 'B', value: '$(B)' },
    { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  ]
  const how = (name: string) =>
    `hides previous definition of "${name}", which may be dropped when using apply`
  assert.deepEqual(pod(container({ env })), [
    `spec.containers[0].env[1]: ${how('A')}`,
    `spec.containers[0].env[4]: ${how('B')}`,
    `spec.containers[0].env[5]: ${how('A')}`,
  ])
})

test('ports of all containers that meet', () => {
  const containers = [
    { name: 'a', image, ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }] },
    { name: 'b', image, ports: [{ containerPort: 80 }, { containerPort: 80, hostPort: 8080 }] },
    { name: 'c', image, ports: [{ containerPort: 80, hostPort: 8080, hostIP: '127.0.0.1' }] },
    { name: 'd', image, ports: [{ name: 'p', containerPort: 81, hostIP: '127.0.0.1' }] },
  ]
  const [a, b, c] = ['a', 'b', 'c'].map((_, index) => `spec.containers[${index}].ports[0]`)
  const host = 'spec.containers[1].ports[1]'
  assert.deepEqual(pod({ containers }), [
    `${b}: duplicate port definition with ${a}`,
    `${host}: overlapping port definition with ${a}`,
    `${host}: overlapping port definition with ${b}`,
    `${c}: overlapping port definition with ${a}`,
    `${c}: overlapping port definition with ${b}`,
    `${c}: dangerously ambiguous port definition with ${host}`,
    'spec.containers[3].ports[0]: hostIP set without hostPort: {Name:p HostPort:0 ContainerPort:81 Protocol:TCP HostIP:127.0.0.1}',
  ])
})

test('parts of a byte, in containers and in the overhead', () => {
  const resources = { limits: { memory: '1500m' }, requests: { memory: '1', cpu: '1m' } }
  const spec = { ...container({ resources }), overhead: { 'ephemeral-storage': '500m' } }
  assert.deepEqual(pod(spec), [
    'spec.overhead[ephemeral-storage]: fractional byte value "500m" is invalid, must be an integer',
    'spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer',
  ])
})

test('labels of nodes that are no longer in use', () => {
  const arch = 'deprecated since v1.14; use "kubernetes.io/arch" instead'
  const term = {
    matchExpressions: [{ key: 'beta.kubernetes.io/arch', operator: 'In', values: ['a b'] }],
  }
  const nodeAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: term }],
  }
  const warnings = pod({
    nodeSelector: { 'beta.kubernetes.io/arch': 'amd64' },
    affinity: { nodeAffinity },
    topologySpreadConstraints: [
      { topologyKey: 'beta.kubernetes.io/arch', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' },
    ],
  })
  const required =
    'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]'
  const preferred =
    'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference'
  assert.deepEqual(warnings.slice(0, 3), [
    `spec.nodeSelector[beta.kubernetes.io/arch]: ${arch}`,
    `${required}.matchExpressions[0].key: beta.kubernetes.io/arch is ${arch}`,
    `${preferred}.matchExpressions[0].key: beta.kubernetes.io/arch is ${arch}`,
  ])
  assert.match(
    warnings[3] ?? '',
    /preference\.matchExpressions\[0\]\.values\[0\]: a b is invalid, /,
  )
  assert.deepEqual(warnings.slice(4), [
    `spec.topologySpreadConstraints[0].topologyKey: beta.kubernetes.io/arch is ${arch}`,
    'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
  ])
})

test('annotations and volumes that are no longer in use', () => {
  const annotations = {
    'scheduler.alpha.kubernetes.io/critical-pod': '',
    'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default',
    'container.seccomp.security.alpha.kubernetes.io/c': 'runtime/default',
    'container.apparmor.security.beta.kubernetes.io/c': 'runtime/default',
  }
  const volumes = [{ name: 'v', gitRepo: { repository: 'r' } }]
  const place = 'metadata.annotations'
  const expected = [
    `${place}[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead`,
    'spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+',
    `${place}[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead`,
    `${place}[container.seccomp.security.alpha.kubernetes.io/c]: non-functional in v1.27+; use the "seccompProfile" field instead`,
  ]
  assert.deepEqual(pod({ volumes }, { annotations }), expected)
  const spec = {
    selector: { matchLabels: { app: 'x' } },
    template: template({ volumes }, { annotations }),
  }
  assert.deepEqual(said('DaemonSet', { spec }), [
    ...expected.map((text) => `spec.template.${text}`),
    `spec.template.${place}[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead`,
  ])
})

test('what is said twice or is empty in a spec', () => {
  const token = { serviceAccountToken: { path: 'token' } }
  const secret = { secret: { name: 's', items: [{ key: 'a', path: 'token' }] } }
  const spec = {
    hostAliases: [{ ip: '1.1.1.1' }, { ip: '1.1.1.1' }],
    imagePullSecrets: [{ name: 'a' }, { name: 'a' }, {}],
    volumes: [{ name: 'v', projected: { sources: [token, secret] } }],
    affinity: {
      podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] },
    },
  }
  assert.deepEqual(pod(spec), [
    'spec.volumes[0].projected.sources.secrets[0]: has duplicated path with ServiceAccountToken "token"',
    'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"',
    'spec.imagePullSecrets[1].name: duplicate name "a"',
    'spec.imagePullSecrets[2].name: invalid empty name ""',
    'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod',
  ])
})

test('names that make odd host names', () => {
  const metadata = { name: 'a.b' }
  const how = 'which can result in surprising behavior; a DNS label is recommended'
  assert.deepEqual(said('Pod', { ...template({}), metadata }), [
    `metadata.name: this is used in the Pod's hostname, ${how}: [must not contain dots]`,
  ])
  const spec = { selector: { matchLabels: { app: 'x' } }, template: template({}) }
  assert.deepEqual(said('Deployment', { metadata, spec }), [
    `metadata.name: this is used in Pod names and hostnames, ${how}: [must not contain dots]`,
  ])
})

test('of an update only a template that changed is spoken of, and never a Pod', () => {
  const selector = { matchLabels: { app: 'x' } }
  const odd = { terminationGracePeriodSeconds: -1 }
  const deployment = { metadata: { name: 'a.b' }, spec: { selector, template: template(odd) } }
  const labelled = { ...deployment, metadata: { name: 'a.b', labels: { a: 'b' } } }
  const scaled = { ...deployment, spec: { ...deployment.spec, replicas: 2 } }
  assert.deepEqual(said('Deployment', deployment, labelled), [])
  assert.deepEqual(said('Deployment', deployment, scaled), [
    'spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
  ])
  assert.deepEqual(said('Pod', template({}), template(odd)), [])
  const set = { spec: { selector, template: template(odd) } }
  const eager = { spec: { ...set.spec, updateStrategy: { type: 'OnDelete' } } }
  assert.deepEqual(said('DaemonSet', set, eager), [])
  const before = { spec: { selector, template: template({}) } }
  assert.equal(said('DaemonSet', before, set).length, 1)
})

test('claims of StatefulSets, limits of histories, huge Jobs', () => {
  const amount = { resources: { requests: { storage: '1m' } } }
  const set = {
    ...{ selector: { matchLabels: { app: 'x' } }, template: template({}), serviceName: 's' },
    ...{ revisionHistoryLimit: -1 },
    volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: { accessModes: [], ...amount } }],
  }
  const fraction = 'fractional byte value "1m" is invalid, must be an integer'
  assert.deepEqual(said('StatefulSet', { spec: set }), [
    `spec.volumeClaimTemplates[0].resources.requests[storage]: ${fraction}`,
    'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
  ])
  assert.deepEqual(said('PersistentVolumeClaim', { spec: amount }), [
    `spec.resources.requests[storage]: ${fraction}`,
  ])
  const huge = { completionMode: 'Indexed', completions: 100_001, parallelism: 10_001 }
  assert.equal(said('Job', { spec: { ...huge, template: template({}) } }).length, 1)
})

test('Services: what has no effect, and addresses in odd forms', () => {
  const service = (spec: object) => said('Service', { spec: { ports: [{ port: 80 }], ...spec } })
  const headless = { clusterIP: 'None', externalIPs: ['1.1.1.1'], sessionAffinity: 'ClientIP' }
  assert.deepEqual(service(headless), [
    'spec.externalIPs is ignored for headless services',
    'spec.SessionAffinity is ignored for headless services',
  ])
  assert.deepEqual(service({ externalIPs: ['2001:DB8::1'] }), [
    'spec.externalIPs[0]: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
    'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
  ])
  const ranges = ['10.0.0.1/8', '10.0.0.0/8', '2001:DB8::/32']
  assert.deepEqual(service({ type: 'LoadBalancer', loadBalancerSourceRanges: ranges }), [
    'spec.loadBalancerSourceRanges[0]: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)',
    'spec.loadBalancerSourceRanges[2]: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format ("2001:db8::/32")',
  ])
  assert.deepEqual(service({ externalName: 'x.y', trafficDistribution: 'PreferClose' }), [
    'spec.externalName is ignored when spec.type is not "ExternalName"',
    'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
  ])
})

test('PersistentVolumes: annotations, sources and policies that are no longer in use', () => {
  const annotations = {
    'volume.beta.kubernetes.io/storage-class': 'a',
    'volume.beta.kubernetes.io/mount-options': 'ro',
  }
  const term = { matchExpressions: [{ key: 'beta.kubernetes.io/os', operator: 'Exists' }] }
  const spec = {
    ...{ capacity: { storage: '1500m' }, cephfs: { monitors: [] } },
    ...{ persistentVolumeReclaimPolicy: 'Recycle' },
    nodeAffinity: { required: { nodeSelectorTerms: [term] } },
  }
  assert.deepEqual(said('PersistentVolume', { metadata: { annotations }, spec }), [
    'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
    'metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since v1.31; use "mountOptions" attribute instead',
    'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    'spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead',
    'spec.capacity[storage]: fractional byte value "1500m" is invalid, must be an integer',
    'spec.cephfs: deprecated in v1.28, non-functional in v1.31+',
  ])
})

test('Ingresses, NetworkPolicies and ServiceAccounts', () => {
  const backend = { defaultBackend: { service: { name: 's', port: { number: 80 } } } }
  const classed = {
    metadata: { annotations: { 'kubernetes.io/ingress.class': 'n' } },
    spec: backend,
  }
  assert.deepEqual(said('Ingress', classed), [
    `annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`,
  ])
  assert.deepEqual(said('Ingress', classed, classed), [])
  const ipBlock = { cidr: '10.0.0.0/8', except: ['10.1.0.1/16'] }
  const policy = { podSelector: {}, ingress: [{ from: [{ podSelector: {} }, { ipBlock }] }] }
  assert.deepEqual(said('NetworkPolicy', { spec: policy }), [
    'spec.ingress[0].from[1].ipBlock.except[0]: CIDR value "10.1.0.1/16" is ambiguous in this context (should be "10.1.0.0/16" or "10.1.0.1/32"?)',
  ])
  const key = 'kubernetes.io/enforce-mountable-secrets'
  assert.deepEqual(said('ServiceAccount', { metadata: { annotations: { [key]: 'true' } } }), [
    `metadata.annotations[${key}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
  ])
})
