// Table: the least of each kind that is accepted, from which the fuzz run starts. The key is
// GROUP/PLURAL; the value what stands beside kind, apiVersion and metadata.

const podSpec = { containers: [{ name: 'c', image: 'i' }] }
const template = { metadata: { labels: { app: 'a' } }, spec: podSpec }
const selector = { matchLabels: { app: 'a' } }
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a' }
const metrics = [
  {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 5 } },
  },
]
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
const webhook = {
  name: 'a.example.com',
  clientConfig: { url: 'https://127.0.0.1:1/' },
  rules: [
    { apiGroups: ['x.example.com'], apiVersions: ['*'], operations: ['*'], resources: ['none'] },
  ],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
}
const matchConstraints = {
  resourceRules: [
    {
      apiGroups: ['x.example.com'],
      apiVersions: ['*'],
      operations: ['CREATE'],
      resources: ['none'],
    },
  ],
}
const csr = `-----BEGIN CERTIFICATE REQUEST-----
MIHGMG4CAQAwDDEKMAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BL1A27oEusQjnxhirks9kLcmsgT4YiSNfF7mU3MmwPioKU37DVxcLYGAwA6nmFET
Lt9VdhCBrmaEBEgMZh3rLgCgADAKBggqhkjOPQQDAgNIADBFAiBepN1gj8+4aWZO
eid3FcDFO8YKjJ1dmOk/zrykNFdFJgIhAPJQSVo50X7gsbb/Xc+oVpNoZVF1/C/y
xxUu4XzhmGhU
-----END CERTIFICATE REQUEST-----
`
/** Reviews are asked, not kept. */
const nameless = { metadata: { name: undefined } }
const devices = { requests: [{ name: 'r', exactly: { deviceClassName: 'a' } }] }
const structural = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer', minimum: 0, default: 1 },
        port: { 'x-kubernetes-int-or-string': true },
        names: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        when: { type: 'string', format: 'date-time', nullable: true },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        embedded: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          'x-kubernetes-preserve-unknown-fields': true,
        },
      },
    },
    status: { type: 'object', properties: { replicas: { type: 'integer' } } },
  },
}

export const minimalObjects: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  '/configmaps': { data: { a: 'b' } },
  '/endpoints': { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] },
  '/events': { involvedObject: { namespace: 'default' }, reason: 'r', message: 'm' },
  '/limitranges': { spec: { limits: [{ type: 'Container', max: { cpu: '100' } }] } },
  '/namespaces': {},
  '/nodes': {},
  '/persistentvolumeclaims': { spec: claim },
  '/persistentvolumes': {
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      hostPath: { path: '/a' },
    },
  },
  '/pods': { spec: podSpec },
  '/podtemplates': { template },
  '/replicationcontrollers': { spec: { selector: { app: 'a' }, template } },
  '/resourcequotas': { spec: { hard: { pods: '100000' } } },
  '/secrets': { data: { a: 'Yg==' } },
  '/serviceaccounts': {},
  '/services': { spec: { ports: [{ port: 80 }], selector: { app: 'a' } } },
  'admissionregistration.k8s.io/mutatingadmissionpolicies': {
    spec: {
      matchConstraints,
      failurePolicy: 'Ignore',
      reinvocationPolicy: 'Never',
      mutations: [
        {
          patchType: 'JSONPatch',
          jsonPatch: { expression: '[JSONPatch{op: "test", path: "/a"}]' },
        },
      ],
    },
  },
  'admissionregistration.k8s.io/mutatingadmissionpolicybindings': { spec: { policyName: 'a' } },
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': { webhooks: [webhook] },
  'admissionregistration.k8s.io/validatingadmissionpolicies': {
    spec: { matchConstraints, validations: [{ expression: 'true' }] },
  },
  'admissionregistration.k8s.io/validatingadmissionpolicybindings': {
    spec: { policyName: 'a', validationActions: ['Deny'] },
  },
  'admissionregistration.k8s.io/validatingwebhookconfigurations': { webhooks: [webhook] },
  'apiextensions.k8s.io/customresourcedefinitions': {
    metadata: { name: 'things.fuzz.example.com' },
    spec: {
      group: 'fuzz.example.com',
      scope: 'Namespaced',
      names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
      versions: [
        {
          ...{ name: 'v1', served: true, storage: true },
          schema: { openAPIV3Schema: structural },
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.replicas' },
          },
          additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
        },
      ],
    },
  },
  'fuzz.example.com/things': { spec: { size: 1, port: 'http', names: ['a'], free: { b: [1] } } },
  'apiregistration.k8s.io/apiservices': {
    metadata: { name: 'v1.none.example.com' },
    spec: {
      ...{
        group: 'none.example.com',
        version: 'v1',
        groupPriorityMinimum: 100,
        versionPriority: 10,
      },
      insecureSkipTLSVerify: true,
      service: { namespace: 'default', name: 'none' },
    },
  },
  'apps/controllerrevisions': { revision: 1, data: { a: 1 } },
  'apps/daemonsets': { spec: { selector, template } },
  'apps/deployments': { spec: { selector, template } },
  'apps/replicasets': { spec: { selector, template } },
  'apps/statefulsets': { spec: { selector, template, serviceName: 'a' } },
  'authentication.k8s.io/tokenreviews': { ...nameless, spec: { token: 't' } },
  'authorization.k8s.io/localsubjectaccessreviews': {
    ...nameless,
    spec: {
      user: 'u',
      resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' },
    },
  },
  'authorization.k8s.io/selfsubjectaccessreviews': {
    ...nameless,
    spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
  },
  'authorization.k8s.io/selfsubjectrulesreviews': { ...nameless, spec: { namespace: 'default' } },
  'authorization.k8s.io/subjectaccessreviews': {
    ...nameless,
    spec: { user: 'u', nonResourceAttributes: { verb: 'get', path: '/a' } },
  },
  'autoscaling/horizontalpodautoscalers': {
    spec: { scaleTargetRef: target, maxReplicas: 2, metrics },
  },
  'batch/cronjobs': {
    spec: {
      schedule: '* * * * *',
      jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } },
    },
  },
  'batch/jobs': { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } },
  'certificates.k8s.io/certificatesigningrequests': {
    spec: {
      request: Buffer.from(csr).toString('base64'),
      signerName: 'example.com/a',
      usages: ['client auth'],
    },
  },
  'coordination.k8s.io/leases': { spec: { holderIdentity: 'a', leaseDurationSeconds: 1 } },
  'discovery.k8s.io/endpointslices': {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'] }],
    ports: [{ port: 80 }],
  },
  'events.k8s.io/events': {
    regarding: { namespace: 'default' },
    ...{ reason: 'r', note: 'n', type: 'Normal', action: 'a', reportingInstance: 'i' },
    reportingController: 'example.com/c',
    eventTime: '2026-01-01T00:00:00.000000Z',
  },
  'flowcontrol.apiserver.k8s.io/flowschemas': {
    spec: { priorityLevelConfiguration: { name: 'a' }, matchingPrecedence: 9999 },
  },
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations': {
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } },
  },
  'networking.k8s.io/ingressclasses': { spec: { controller: 'example.com/c' } },
  'networking.k8s.io/ingresses': {
    spec: { defaultBackend: { service: { name: 'a', port: { number: 80 } } } },
  },
  'networking.k8s.io/ipaddresses': {
    metadata: { name: '10.96.7.7' },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'a' } },
  },
  'networking.k8s.io/networkpolicies': { spec: { podSelector: {} } },
  'networking.k8s.io/servicecidrs': { spec: { cidrs: ['10.97.0.0/24'] } },
  'node.k8s.io/runtimeclasses': { handler: 'h' },
  'policy/poddisruptionbudgets': { spec: { minAvailable: 1, selector } },
  'rbac.authorization.k8s.io/clusterrolebindings': {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'a' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'u' }],
  },
  'rbac.authorization.k8s.io/clusterroles': {
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  },
  'rbac.authorization.k8s.io/rolebindings': {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'a' },
  },
  'rbac.authorization.k8s.io/roles': {
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  },
  'resource.k8s.io/deviceclasses': { spec: { selectors: [{ cel: { expression: 'true' } }] } },
  'resource.k8s.io/resourceclaims': { spec: { devices } },
  'resource.k8s.io/resourceclaimtemplates': { spec: { spec: { devices } } },
  'resource.k8s.io/resourceslices': {
    spec: {
      driver: 'd.example.com',
      nodeName: 'n',
      pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
      devices: [{ name: 'd', attributes: { a: { string: 'b' } } }],
    },
  },
  'scheduling.k8s.io/priorityclasses': { value: 7 },
  'storage.k8s.io/csidrivers': { spec: { attachRequired: false } },
  'storage.k8s.io/csinodes': { spec: { drivers: [{ name: 'd', nodeID: 'n' }] } },
  'storage.k8s.io/csistoragecapacities': { storageClassName: 's', capacity: '1Gi' },
  'storage.k8s.io/storageclasses': { provisioner: 'example.com/p' },
  'storage.k8s.io/volumeattachments': {
    spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'p' } },
  },
  'storage.k8s.io/volumeattributesclasses': { driverName: 'd', parameters: { a: 'b' } },
}
