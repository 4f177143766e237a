import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyOf, type Draft } from '../draft.ts'
import type { Kind } from '../kinds.ts'
import { mandatoryFlowSchemas } from './mandatory-flow-schemas.ts'
import { createErrors, updateErrors } from './validation-fixture.ts'

type Case = readonly [Kind, Draft, readonly string[]]

function says(cases: readonly Case[]): void {
  for (const [kind, changes, errors] of cases) {
    assert.deepEqual(createErrors(kind, changes), errors, JSON.stringify(changes))
  }
}

test('says what is wrong with flow schemas', () => {
  const rules = (rule: Draft): Draft => ({ spec: { rules: [rule] } })
  const subjects = [{ kind: 'User', user: { name: 'u' } }]
  says([
    [
      'FlowSchema',
      { spec: { matchingPrecedence: 1 } },
      [
        "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
      ],
    ],
    [
      'FlowSchema',
      { spec: { priorityLevelConfiguration: { name: '' }, matchingPrecedence: 10_001 } },
      [
        'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000',
        'spec.priorityLevelConfiguration.name: Required value: must reference a priority level',
      ],
    ],
    [
      'FlowSchema',
      rules({ subjects: [{ kind: 'Group', user: { name: 'u' } }] }),
      [
        "spec.rules[0].subjects[0].group: Required value: group is required when subject kind is 'Group'",
        "spec.rules[0].subjects[0].user: Forbidden: user is forbidden when subject kind is not 'User'",
        'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
      ],
    ],
    [
      'FlowSchema',
      rules({
        subjects,
        resourceRules: [{ verbs: ['eat'], apiGroups: ['*', 'a'], resources: ['pods'] }],
        nonResourceRules: [{ verbs: ['get', '*'], nonResourceURLs: ['/a*', 'b', '/c/*'] }],
      }),
      [
        'spec.rules[0].resourceRules[0].verbs: Unsupported value: ["eat"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
        'spec.rules[0].resourceRules[0].apiGroups: Invalid value: ["*","a"]: if \'*\' is present, must not specify other api groups',
        'spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace',
        'spec.rules[0].nonResourceRules[0].verbs: Invalid value: ["get","*"]: if \'*\' is present, must not specify other verbs',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "/a*": wildcard can only do suffix matching',
        'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "b": must start with slash',
      ],
    ],
  ])
})

test('the flow schemas without which there is no order stay as they are', () => {
  const change: Draft = { spec: { matchingPrecedence: 9999 } }
  for (const name of ['exempt', 'catch-all'] as const) {
    const before: Draft = {
      metadata: { name },
      spec: copyOf(mandatoryFlowSchemas[name]) as unknown as Draft,
    }
    assert.deepEqual(createErrors('FlowSchema', before), [])
    assert.deepEqual(updateErrors('FlowSchema', { metadata: { labels: { a: 'b' } } }, before), [])
    const errors = updateErrors('FlowSchema', change, before)
    const told = `^spec: Invalid value: \\{.*\\}: spec of '${name}' must equal the fixed value$`
    assert.equal(errors.length, 1)
    assert.match(errors[0] ?? '', new RegExp(told))
  }
  assert.deepEqual(createErrors('FlowSchema', change), [])
})

test('says what is wrong with priority levels', () => {
  const queuing = (values: Draft): Draft => ({
    spec: { limited: { limitResponse: { queuing: values } } },
  })
  says([
    [
      'PriorityLevelConfiguration',
      { spec: { type: 'Exempt', limited: null } },
      [
        "spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if name is 'exempt'",
      ],
    ],
    [
      'PriorityLevelConfiguration',
      queuing({ queues: 4, handSize: 5 }),
      [
        'spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)',
      ],
    ],
    [
      'PriorityLevelConfiguration',
      queuing({ queues: 1024, handSize: 7 }),
      [
        'spec.limited.limitResponse.queuing.handSize: Invalid value: 7: required entropy bits of deckSize 1024 and handSize 7 should not be greater than 60',
      ],
    ],
    [
      'PriorityLevelConfiguration',
      { spec: { limited: { limitResponse: { type: 'Reject' }, lendablePercent: 101 } } },
      [
        'spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited',
        'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
      ],
    ],
  ])
})

test('says what is wrong with the kinds of CSI', () => {
  says([
    [
      'CSIDriver',
      {
        spec: {
          fsGroupPolicy: 'Some',
          tokenRequests: [{ audience: 'a', expirationSeconds: 60 }, { audience: 'a' }],
        },
      },
      [
        'spec.fsGroupPolicy: Unsupported value: "Some": supported values: "File", "None", "ReadWriteOnceWithFSType"',
        'spec.tokenRequests[0].expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes',
        'spec.tokenRequests[1].audience: Duplicate value: "a"',
      ],
    ],
    [
      'CSINode',
      {
        spec: {
          drivers: [
            { name: 'a', nodeID: '' },
            { name: 'a', nodeID: 'n' },
          ],
        },
      },
      ['spec.drivers[0].nodeID: Required value', 'spec.drivers[1].name: Duplicate value: "a"'],
    ],
    [
      'CSIStorageCapacity',
      { capacity: '-1' },
      ['capacity: Invalid value: "-1": must be greater than or equal to 0'],
    ],
    [
      'VolumeAttachment',
      { spec: { source: { persistentVolumeName: null } } },
      [
        'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
      ],
    ],
    [
      'VolumeAttributesClass',
      { parameters: null },
      ['parameters: Required value: must contain at least one key/value pair'],
    ],
    [
      'StorageClass',
      { allowedTopologies: [{ matchLabelExpressions: [{ key: 'zone', values: ['a', 'a'] }] }] },
      ['allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"'],
    ],
  ])
})

test('what a driver said of itself stays', () => {
  assert.deepEqual(updateErrors('CSIDriver', { spec: { attachRequired: false } }), [
    'spec.attachedRequired: Invalid value: false: field is immutable',
  ])
  assert.deepEqual(updateErrors('CSIDriver', { spec: { podInfoOnMount: true } }), [])
  const drivers = (driver: Draft): Draft => ({
    spec: { drivers: [{ name: 'a.example.com', topologyKeys: ['x/zone'], ...driver }] },
  })
  assert.deepEqual(updateErrors('CSINode', drivers({ nodeID: 'n', allocatable: { count: 3 } })), [])
  assert.deepEqual(updateErrors('CSINode', drivers({ nodeID: 'other' })), [
    'spec.drivers: Invalid value: {"name":"a.example.com","topologyKeys":["x/zone"],"nodeID":"other"}: field is immutable',
  ])
  assert.deepEqual(updateErrors('CSIStorageCapacity', { storageClassName: 'other' }), [
    'storageClassName: Invalid value: "other": field is immutable',
  ])
  assert.deepEqual(updateErrors('VolumeAttributesClass', { driverName: 'b.example.com' }), [
    'driverName: Forbidden: updates to driverName are forbidden.',
  ])
})

test('says what is wrong with requests for certificates', () => {
  says([
    [
      'CertificateSigningRequest',
      { spec: { signerName: 'plain', usages: [], expirationSeconds: 10 } },
      [
        'spec.usages: Required value',
        'spec.signerName: Invalid value: "plain": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
        'spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 600 seconds (10 minutes)',
      ],
    ],
    [
      'CertificateSigningRequest',
      { spec: { signerName: 'kubernetes.io/legacy-unknown', usages: ['any', 'any'] } },
      [
        'spec.usages[1]: Duplicate value: "any"',
        'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
      ],
    ],
    [
      'CertificateSigningRequest',
      { spec: { signerName: 'example/A_b' } },
      [
        'spec.signerName: Invalid value: "example": should be a domain with at least two segments separated by dots',
        "spec.signerName: Invalid value: \"A_b\": validating label \"A_b\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      ],
    ],
  ])
})

test('says what is wrong with runtime classes', () => {
  says([
    [
      'RuntimeClass',
      {
        overhead: { podFixed: { cpu: '-1' } },
        scheduling: {
          tolerations: [
            { key: 'a', operator: 'Exists' },
            { key: 'a', operator: 'Exists' },
          ],
        },
      },
      [
        'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
        'scheduling.tolerations[1]: Duplicate value: {"key":"a","operator":"Exists"}',
      ],
    ],
  ])
})

test('says what is wrong with webhooks', () => {
  const webhook = (fields: Draft): Draft => ({
    webhooks: [
      {
        name: 'hook.example.com',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: { url: 'https://example.com/hook' },
        ...fields,
      },
    ],
  })
  says([
    ['MutatingWebhookConfiguration', webhook({}), []],
    [
      'MutatingWebhookConfiguration',
      webhook({ name: 'hook', failurePolicy: 'Maybe', sideEffects: 'Some', timeoutSeconds: 31 }),
      [
        'webhooks[0].name: Invalid value: "hook": should be a domain with at least three segments separated by dots',
        'webhooks[0].failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore"',
        'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
        'webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds',
      ],
    ],
    [
      'MutatingWebhookConfiguration',
      webhook({
        clientConfig: { service: { name: 's', path: 'a//B' } },
        admissionReviewVersions: ['v1', 'v1'],
      }),
      [
        'webhooks[0].clientConfig.service.namespace: Required value: service namespace is required',
        'webhooks[0].clientConfig.service.path: Invalid value: "a//B": must start with a \'/\'',
        'webhooks[0].clientConfig.service.path: Invalid value: "a//B": segment[0] may not be empty',
        'webhooks[0].clientConfig.service.path: Invalid value: "a//B": segment[1] may not be empty',
        "webhooks[0].clientConfig.service.path: Invalid value: \"a//B\": segment[2]: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        'webhooks[0].admissionReviewVersions[1]: Invalid value: "v1": duplicate version',
      ],
    ],
    [
      'MutatingWebhookConfiguration',
      webhook({
        rules: [
          {
            operations: ['*', 'EAT'],
            apiGroups: [],
            apiVersions: [''],
            resources: ['pods/*', 'pods/log', '*', 'nodes'],
          },
        ],
      }),
      [
        'webhooks[0].rules[0].operations: Invalid value: ["*","EAT"]: if \'*\' is present, must not specify other operations',
        'webhooks[0].rules[0].operations[1]: Unsupported value: "EAT": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
        'webhooks[0].rules[0].apiGroups: Required value',
        'webhooks[0].rules[0].apiVersions[0]: Required value',
        'webhooks[0].rules[0].resources[1]: Invalid value: "pods/log": if \'pods/*\' is present, must not specify pods/log',
        'webhooks[0].rules[0].resources: Invalid value: ["pods/*","pods/log","*","nodes"]: if \'*\' is present, must not specify other resources without subresources',
      ],
    ],
  ])
})
