import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft } from '../draft.ts'
import { createErrors, updateErrors } from './validation-fixture.ts'

const dnsForm = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
/** A Pod whose one container is changed. */
function withContainer(changes: Draft): Draft {
  return { spec: { containers: [{ name: 'c', image: 'nginx:1', ...changes }] } }
}

const label = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${dnsForm}')`

test('says what is wrong with containers', () => {
  const at = 'spec.containers[0]'
  const cases: readonly (readonly [Draft, readonly string[]])[] = [
    [{ name: 'A' }, [`${at}.name: Invalid value: "A": ${label}`]],
    [{ image: '' }, [`${at}.image: Required value`]],
    [
      { image: ' x' },
      [`${at}.image: Invalid value: " x": must not have leading or trailing whitespace`],
    ],
    [
      { imagePullPolicy: 'Sometimes' },
      [
        `${at}.imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"`,
      ],
    ],
    [{ ports: [{ containerPort: 0 }] }, [`${at}.ports[0].containerPort: Required value`]],
    [
      { ports: [{ containerPort: 70_000 }] },
      [
        `${at}.ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`,
      ],
    ],
    [
      {
        ports: [
          { containerPort: 80, hostPort: 80 },
          { containerPort: 81, hostPort: 80 },
        ],
      },
      [`${at}.ports[1].hostPort: Duplicate value: "TCP//80"`],
    ],
    [
      { ports: [{ name: 'Web', containerPort: 80 }] },
      [
        `${at}.ports[0].name: Invalid value: "Web": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`,
      ],
    ],
    [
      { volumeMounts: [{ name: 'v', mountPath: '/x' }] },
      [`${at}.volumeMounts[0].name: Not found: "v"`],
    ],
    [
      { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } },
      [
        `${at}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`,
      ],
    ],
    [
      { resources: { limits: { cpu: '-1' } } },
      [
        `${at}.resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0`,
        `${at}.resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0`,
      ],
    ],
    [
      { resources: { requests: { gpu: '1' } } },
      [
        `${at}.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified`,
        `${at}.resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers`,
      ],
    ],
    [
      { resources: { requests: { 'example.com/gpu': '1' } } },
      [
        `${at}.resources.limits: Required value: Limit must be set for non overcommitable resources`,
      ],
    ],
    [{ livenessProbe: {} }, [`${at}.livenessProbe: Required value: must specify a handler type`]],
    [
      { livenessProbe: { exec: { command: ['x'] }, successThreshold: 2 } },
      [`${at}.livenessProbe.successThreshold: Invalid value: 2: must be 1`],
    ],
    [
      { readinessProbe: { httpGet: { port: 'http', scheme: 'FTP' } } },
      [
        `${at}.readinessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"`,
      ],
    ],
    [
      { readinessProbe: { tcpSocket: { port: 80 }, exec: { command: ['x'] } } },
      [`${at}.readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`],
    ],
    [
      { env: [{ name: 'A=B' }] },
      [
        `${at}.env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='`,
      ],
    ],
    [
      { env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
      [
        `${at}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`,
      ],
    ],
    [
      { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'status.phase' } } }] },
      [
        `${at}.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`,
      ],
    ],
    [{ restartPolicy: 'Never' }, []],
    [
      { securityContext: { runAsUser: -1 } },
      [
        `${at}.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`,
      ],
    ],
    [
      { terminationMessagePolicy: 'Nope' },
      [
        `${at}.terminationMessagePolicy: Unsupported value: "Nope": supported values: "File", "FallbackToLogsOnError"`,
      ],
    ],
  ]
  for (const [changes, expected] of cases) {
    assert.deepEqual(createErrors('Pod', withContainer(changes)), expected, JSON.stringify(changes))
  }
})

test('says what is wrong with a Pod as a whole', () => {
  const cases: readonly (readonly [Draft, readonly string[]])[] = [
    [{ containers: [] }, ['spec.containers: Required value']],
    [
      {
        containers: [
          { name: 'c', image: 'x' },
          { name: 'c', image: 'y' },
        ],
      },
      ['spec.containers[1].name: Duplicate value: "c"'],
    ],
    [
      { restartPolicy: 'Sometimes' },
      [
        'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
      ],
    ],
    [
      { activeDeadlineSeconds: 0 },
      ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
    ],
    [
      { volumes: [{ name: 'a', emptyDir: {}, hostPath: { path: '/x' } }] },
      ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
    ],
    [
      { volumes: [{ name: 'a', hostPath: { path: '/a/../b' } }] },
      ['spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain \'..\''],
    ],
    [
      { volumes: [{ name: 'a', configMap: { defaultMode: 1000 } }] },
      [
        'spec.volumes[0].configMap.name: Required value',
        'spec.volumes[0].configMap.defaultMode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive',
      ],
    ],
    [
      { tolerations: [{ operator: 'Exists', value: 'x' }] },
      [
        'spec.tolerations[0].operator: Invalid value: "x": value must be empty when `operator` is \'Exists\'',
      ],
    ],
    [
      { dnsPolicy: 'None' },
      ['spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    ],
    [
      { hostAliases: [{ ip: 'x' }] },
      [
        'spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      ],
    ],
    [
      { initContainers: [{ name: 'i', image: 'x', readinessProbe: { exec: { command: ['x'] } } }] },
      [
        'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
      ],
    ],
    [
      { ephemeralContainers: [{ name: 'e', image: 'x' }] },
      ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
    ],
    [
      { nodeName: 'n', schedulingGates: [{ name: 'g' }] },
      ['spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
    ],
    [
      {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] },
          },
        },
      },
      [
        'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
      ],
    ],
    [
      { topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'z', whenUnsatisfiable: 'Maybe' }] },
      [
        'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
        'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Maybe": supported values: "DoNotSchedule", "ScheduleAnyway"',
      ],
    ],
  ]
  for (const [spec, expected] of cases) assert.deepEqual(createErrors('Pod', { spec }), expected)
})

test('a Pod changes only in a few fields', () => {
  const image = {
    spec: { containers: [{ name: 'c', image: 'nginx:2', imagePullPolicy: 'IfNotPresent' }] },
  }
  assert.deepEqual(updateErrors('Pod', image), [])
  assert.deepEqual(updateErrors('Pod', { spec: { tolerations: [{ operator: 'Exists' }] } }), [])
  assert.deepEqual(updateErrors('Pod', { spec: { activeDeadlineSeconds: 5 } }), [])
  assert.deepEqual(updateErrors('Pod', { spec: { hostname: 'h' } }), [
    'spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n',
  ])
  assert.deepEqual(updateErrors('Pod', { spec: { containers: [] } }).slice(-1), [
    'spec.containers: Forbidden: pod updates may not add or remove containers',
  ])
  assert.deepEqual(
    updateErrors(
      'Pod',
      { spec: { activeDeadlineSeconds: 9 } },
      { spec: { activeDeadlineSeconds: 5 } },
    ),
    ['spec.activeDeadlineSeconds: Invalid value: 9: must be less than or equal to previous value'],
  )
})
