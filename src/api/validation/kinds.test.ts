import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft } from '../draft.ts'
import { toInvalid } from '../field-error.ts'
import { type Kind, kindEntry } from '../kinds.ts'
import { strategyOf } from '../strategies.ts'
import { createErrors, made, updateErrors, valid } from './validation-fixture.ts'

test('accepts a valid object of each kind, on create and on an update that changes nothing', () => {
  for (const kind of Object.keys(valid) as Kind[]) {
    assert.deepEqual(createErrors(kind, {}), [], kind)
    assert.deepEqual(updateErrors(kind, {}), [], kind)
  }
})

test('says what is wrong with Services and Endpoints', () => {
  const cases: readonly (readonly [Kind, Draft, readonly string[]])[] = [
    ['Service', { spec: { ports: [] } }, ['spec.ports: Required value']],
    [
      'Service',
      { spec: { ports: [{ port: 80 }, { port: 81 }] } },
      ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
    ],
    [
      'Service',
      {
        spec: {
          ports: [
            { name: 'a', port: 80 },
            { name: 'a', port: 81 },
          ],
        },
      },
      ['spec.ports[1].name: Duplicate value: "a"'],
    ],
    [
      'Service',
      { spec: { ports: [{ port: 0 }] } },
      [
        'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      'Service',
      { spec: { type: 'Magic' } },
      [
        'spec.internalTrafficPolicy: Required value',
        'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      ].toReversed(),
    ],
    [
      'Service',
      { spec: { type: 'NodePort', clusterIP: 'None', clusterIPs: ['None'] } },
      [
        'spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for NodePort services',
      ],
    ],
    [
      'Service',
      { spec: { ports: [{ port: 80, nodePort: 30080 }] } },
      ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    ],
    [
      'Service',
      { spec: { type: 'ExternalName', ports: null } },
      ['spec.externalName: Required value'],
    ],
    [
      'Service',
      { metadata: { name: '1a' } },
      [
        "metadata.name: Invalid value: \"1a\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
      ],
    ],
    [
      'Endpoints',
      { subsets: [{ addresses: [{ ip: '127.0.0.1' }] }] },
      [
        'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      ],
    ],
    [
      'EndpointSlice',
      { addressType: 'IPv6', endpoints: [{ addresses: ['10.0.0.1'] }] },
      ['endpoints[0].addresses[0]: Invalid value: "10.0.0.1": must be an IPv6 address'],
    ],
  ]
  for (const [kind, changes, expected] of cases)
    assert.deepEqual(createErrors(kind, changes), expected)
  const addressed = {
    spec: { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'], ipFamilies: ['IPv4'] },
  }
  const moved = { spec: { clusterIP: '10.96.0.2', clusterIPs: ['10.96.0.2'] } }
  assert.deepEqual(updateErrors('Service', moved, addressed), [
    'spec.clusterIPs[0]: Invalid value: ["10.96.0.2"]: may not change once set',
  ])
})

test('says what is wrong with configuration, storage and the rest', () => {
  const cases: readonly (readonly [Kind, Draft, readonly string[]])[] = [
    [
      'ConfigMap',
      { data: { 'a/b': '' } },
      [
        "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ],
    ],
    [
      'ConfigMap',
      { data: { a: 'x'.repeat(1024 * 1024 + 1) } },
      [': Too long: may not be more than 1048576 bytes'],
    ],
    [
      'Secret',
      { type: 'kubernetes.io/tls' },
      ['data[tls.crt]: Required value', 'data[tls.key]: Required value'],
    ],
    [
      'PersistentVolumeClaim',
      { spec: { accessModes: ['Shared'] } },
      [
        'spec.accessModes: Unsupported value: "Shared": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      ],
    ],
    [
      'PersistentVolumeClaim',
      { spec: { resources: { requests: null } } },
      ['spec.resources[storage]: Required value'],
    ],
    [
      'PersistentVolume',
      { spec: { hostPath: null } },
      ['spec: Required value: must specify a volume type'],
    ],
    ['StorageClass', { provisioner: null }, ['provisioner: Required value']],
    [
      'Ingress',
      { spec: { defaultBackend: null } },
      ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
    ],
    [
      'Ingress',
      {
        spec: {
          rules: [
            {
              host: '1.2.3.4',
              http: {
                paths: [
                  {
                    path: 'x',
                    pathType: 'Prefix',
                    backend: { service: { name: 's', port: { name: 'p' } } },
                  },
                ],
              },
            },
          ],
        },
      },
      [
        'spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
        'spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path',
      ],
    ],
    [
      'NetworkPolicy',
      {
        spec: {
          ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] }],
        },
      },
      [
        'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
      ],
    ],
    [
      'Role',
      { rules: [{ verbs: [] }] },
      [
        'rules[0].verbs: Required value: verbs must contain at least one value',
        'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
        'rules[0].resources: Required value: resource rules must supply at least one resource',
      ],
    ],
    [
      'RoleBinding',
      { roleRef: { kind: 'Magic' } },
      ['roleRef.kind: Unsupported value: "Magic": supported values: "Role", "ClusterRole"'],
    ],
    [
      'PriorityClass',
      { value: 2_000_000_000 },
      ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
    ],
    [
      'LimitRange',
      {
        spec: {
          limits: [
            {
              type: 'Container',
              min: { cpu: '2' },
              max: { cpu: '1' },
              default: { cpu: '1' },
              defaultRequest: { cpu: '1' },
            },
          ],
        },
      },
      [
        'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
        'spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1',
        'spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1',
      ],
    ],
    [
      'ResourceQuota',
      { spec: { hard: { pods: '1500m' } } },
      ['spec.hard[pods]: Invalid value: "1500m": must be an integer'],
    ],
    [
      'HorizontalPodAutoscaler',
      { spec: { maxReplicas: 0 } },
      [
        'spec.maxReplicas: Invalid value: 0: must be greater than 0',
        'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
      ],
    ],
    [
      'PodDisruptionBudget',
      { spec: { minAvailable: '150%' } },
      ['spec.minAvailable: Invalid value: "150%": must not be greater than 100%'],
    ],
    [
      'Lease',
      { spec: { leaseDurationSeconds: 0 } },
      ['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
    ],
    [
      'Event',
      { involvedObject: { namespace: 'other' } },
      ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
    ],
    [
      'Node',
      { spec: { taints: [{ key: 'a', effect: 'Maybe' }] } },
      [
        'metadata.taints[0].effect: Unsupported value: "Maybe": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      ],
    ],
  ]
  for (const [kind, changes, expected] of cases)
    assert.deepEqual(createErrors(kind, changes), expected, kind)
})

test('what is immutable stays', () => {
  const locked = 'field is immutable when `immutable` is set'
  const cases: readonly (readonly [Kind, Draft, Draft, readonly string[]])[] = [
    [
      'ConfigMap',
      { data: { a: 'c' }, immutable: null },
      { immutable: true },
      [`immutable: Forbidden: ${locked}`, `data: Forbidden: ${locked}`],
    ],
    ['Secret', { type: 'Other' }, {}, ['type: Invalid value: "Other": field is immutable']],
    [
      'StorageClass',
      { provisioner: 'b' },
      {},
      ['provisioner: Forbidden: updates to provisioner are forbidden.'],
    ],
    ['PriorityClass', { value: 11 }, {}, ['value: Forbidden: may not be changed in an update.']],
    [
      'IngressClass',
      { spec: { controller: 'a.b/c' } },
      {},
      ['spec.controller: Invalid value: "a.b/c": field is immutable'],
    ],
    [
      'EndpointSlice',
      { addressType: 'FQDN', endpoints: null },
      {},
      ['addressType: Invalid value: "FQDN": field is immutable'],
    ],
    [
      'RoleBinding',
      { roleRef: { name: 'other' } },
      {},
      [
        'roleRef: Invalid value: {"kind":"Role","name":"other","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef',
      ],
    ],
    [
      'ResourceQuota',
      { spec: { scopes: ['BestEffort'] } },
      {},
      ['spec.scopes: Invalid value: ["BestEffort"]: field is immutable'],
    ],
    [
      'Node',
      { spec: { providerID: 'b' } },
      { spec: { providerID: 'a' } },
      [
        'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
      ],
    ],
    [
      'PersistentVolumeClaim',
      { spec: { accessModes: ['ReadOnlyMany'] } },
      {},
      [
        'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n',
      ],
    ],
  ]
  for (const [kind, changes, before, expected] of cases) {
    assert.deepEqual(updateErrors(kind, changes, before), expected, kind)
  }
})

test('an invalid object is a 422 that names each field', () => {
  const entry = kindEntry('Deployment')
  const errors = strategyOf(entry).validateCreate(made('Deployment', { spec: { replicas: -1 } }))
  const status = toInvalid(entry, 'x', errors).toStatus()
  assert.deepEqual(status, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message:
      'Deployment.apps "x" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    reason: 'Invalid',
    details: {
      name: 'x',
      group: 'apps',
      kind: 'Deployment',
      causes: [
        {
          reason: 'FieldValueInvalid',
          message: 'Invalid value: -1: must be greater than or equal to 0',
          field: 'spec.replicas',
        },
      ],
    },
    code: 422,
  })
})
