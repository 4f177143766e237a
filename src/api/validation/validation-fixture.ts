// For tests of validation: a valid object of each kind, what creating it with changes says, and
// what updating it says.

import { conformObject } from '../decode.ts'
import { copyOf, type Draft, type DraftValue, isDraft } from '../draft.ts'
import { errorBody, type FieldError } from '../field-error.ts'
import { apiVersionOf, type Kind, kindEntry } from '../kinds.ts'
import { strategyOf } from '../strategies.ts'

const template = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image: 'nginx:1' }] },
}
const selector = { matchLabels: { app: 'x' } }

/** A valid object of each kind that the tests break. */
export const valid: Partial<Record<Kind, Draft>> = {
  Pod: { spec: template.spec },
  Deployment: { spec: { selector, template } },
  ReplicaSet: { spec: { selector, template } },
  DaemonSet: { spec: { selector, template } },
  StatefulSet: { spec: { selector, template } },
  ReplicationController: { spec: { selector: { app: 'x' }, template } },
  Job: { spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } } },
  CronJob: {
    spec: {
      schedule: '*/5 * * * *',
      jobTemplate: {
        spec: { template: { spec: { ...template.spec, restartPolicy: 'OnFailure' } } },
      },
    },
  },
  Service: { spec: { ports: [{ port: 80 }] } },
  Endpoints: { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] },
  EndpointSlice: {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'] }],
    ports: [{ port: 80 }],
  },
  ConfigMap: { data: { a: 'b' } },
  Secret: { data: { a: 'Yg==' } },
  Namespace: {},
  Node: {},
  ServiceAccount: {},
  Role: { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] },
  ClusterRole: { rules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }] },
  RoleBinding: { roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'u' }] },
  ClusterRoleBinding: { roleRef: { kind: 'ClusterRole', name: 'r' } },
  Lease: { spec: { leaseDurationSeconds: 40 } },
  Event: { involvedObject: { kind: 'Pod', namespace: 'ns' } },
  PersistentVolumeClaim: {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
  PersistentVolume: {
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      hostPath: { path: '/x' },
    },
  },
  StorageClass: { provisioner: 'example.com/p' },
  Ingress: { spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } } },
  IngressClass: { spec: { controller: 'example.com/c' } },
  NetworkPolicy: { spec: { podSelector: {} } },
  PriorityClass: { value: 10 },
  LimitRange: { spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] } },
  ResourceQuota: { spec: { hard: { pods: '1' } } },
  HorizontalPodAutoscaler: {
    spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd' } },
  },
  PodDisruptionBudget: { spec: { minAvailable: 1 } },
  RuntimeClass: { handler: 'h', overhead: { podFixed: { cpu: '1m' } } },
  DeviceClass: { spec: { selectors: [{ cel: { expression: 'device.driver == "d"' } }] } },
  ResourceResourceClaim: {
    spec: {
      devices: {
        requests: [
          { name: 'gpu', exactly: { deviceClassName: 'c' } },
          { name: 'any', firstAvailable: [{ name: 'big', deviceClassName: 'c' }] },
        ],
        constraints: [{ requests: ['gpu', 'any/big'], matchAttribute: 'example.com/numa' }],
        config: [{ requests: ['gpu'], opaque: { driver: 'd.example.com', parameters: { a: 1 } } }],
      },
    },
  },
  ResourceClaimTemplate: {
    spec: { spec: { devices: { requests: [{ name: 'a', exactly: { deviceClassName: 'c' } }] } } },
  },
  ResourceSlice: {
    spec: {
      driver: 'd.example.com',
      pool: { name: 'n/1', generation: 1, resourceSliceCount: 1 },
      nodeName: 'n',
      devices: [
        { name: 'a', attributes: { model: { string: 'm' } }, capacity: { mem: { value: '1Gi' } } },
      ],
    },
  },
  MutatingWebhookConfiguration: {
    webhooks: [
      {
        name: 'hook.example.com',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: { service: { name: 's', namespace: 'n', path: '/p' } },
        rules: [
          { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods/*'] },
        ],
      },
    ],
  },
  CSIDriver: { spec: {} },
  CSINode: {
    spec: { drivers: [{ name: 'a.example.com', nodeID: 'n', topologyKeys: ['x/zone'] }] },
  },
  CSIStorageCapacity: { storageClassName: 'c', capacity: '1Gi' },
  VolumeAttachment: {
    spec: { attacher: 'a.example.com', nodeName: 'n', source: { persistentVolumeName: 'v' } },
  },
  VolumeAttributesClass: { driverName: 'a.example.com', parameters: { iops: '1' } },
  CertificateSigningRequest: {
    spec: { request: 'eA==', signerName: 'example.com/s', usages: ['client auth'] },
  },
  FlowSchema: {
    spec: {
      matchingPrecedence: 10,
      priorityLevelConfiguration: { name: 'l' },
      rules: [
        {
          subjects: [{ kind: 'User', user: { name: '*' } }],
          resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true }],
        },
      ],
    },
  },
  PriorityLevelConfiguration: {
    spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } },
  },
}

/** `base` with `changes` merged in; null removes. */
function merged(base: Draft, changes: Draft): Draft {
  const result = copyOf(base)
  for (const [key, value] of Object.entries(changes)) {
    const present = result[key]
    if (value === null) delete result[key]
    else
      result[key] =
        isDraft(value) && isDraft(present) ? merged(present, value) : (value as DraftValue)
  }
  return result
}

/** An object as it is stored: completed, prepared. */
export function made(kind: Kind, changes: Draft = {}): Draft {
  const entry = kindEntry(kind)
  const metadata = {
    name: 'x',
    uid: 'u',
    resourceVersion: '1',
    ...(entry.namespaced && { namespace: 'ns' }),
  }
  const type = { apiVersion: apiVersionOf(entry), kind: entry.kind }
  const object = merged({ ...type, metadata, ...valid[kind] }, changes)
  conformObject(entry, object)
  const strategy = strategyOf(entry)
  strategy.applyDefaults(object)
  strategy.prepareForCreate(object)
  return object
}

function text(errors: readonly FieldError[]): string[] {
  return errors.map((error) => `${error.field}: ${errorBody(error)}`)
}

export function createErrors(kind: Kind, changes: Draft): string[] {
  return text(strategyOf(kindEntry(kind)).validateCreate(made(kind, changes)))
}

/** `changes` to an object that was stored with the changes `before`. */
export function updateErrors(kind: Kind, changes: Draft, before: Draft = {}): string[] {
  const strategy = strategyOf(kindEntry(kind))
  const previous = made(kind, before)
  const next = merged(previous, changes)
  conformObject(kindEntry(kind), next)
  strategy.applyDefaults(next)
  strategy.prepareForUpdate(next, previous)
  return text(strategy.validateUpdate(next, previous))
}
