import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conformObject } from '../decode.ts'
import { copyOf, type Draft } from '../draft.ts'
import { apiVersionOf, type Kind, kindEntry, kinds } from '../kinds.ts'
import { applyDefaults } from './defaults.ts'
import { pullPolicyFor } from './image.ts'

function defaulted(kind: Kind, body: Draft): Draft {
  const entry = kindEntry(kind)
  const object = copyOf(body)
  conformObject(entry, object)
  applyDefaults(object)
  const { apiVersion: _, kind: __, ...rest } = object
  return rest
}

const podDefaults = {
  dnsPolicy: 'ClusterFirst',
  restartPolicy: 'Always',
  securityContext: {},
  terminationGracePeriodSeconds: 30,
  schedulerName: 'default-scheduler',
}
const containerDefaults = {
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
}

test('pulls latest images always, others when they are missing', () => {
  const policies: readonly (readonly [string, string])[] = [
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.23', 'IfNotPresent'],
    ['localhost:5000/nginx', 'Always'],
    ['localhost:5000/a/nginx:1', 'IfNotPresent'],
    [`nginx@sha256:${'a'.repeat(64)}`, 'IfNotPresent'],
    [`nginx:latest@sha256:${'a'.repeat(64)}`, 'Always'],
    ['NOT valid', 'IfNotPresent'],
    ['', 'IfNotPresent'],
  ]
  for (const [image, policy] of policies) assert.equal(pullPolicyFor(image), policy, image)
})

test('completes a Pod', () => {
  const container = {
    name: 'a',
    image: 'nginx:1',
    ports: [{ containerPort: 80 }],
    livenessProbe: { httpGet: { port: 80 } },
    env: [{ name: 'N', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '100m' } },
  }
  const pod = defaulted('Pod', {
    spec: {
      containers: [container],
      volumes: [{ name: 'v' }, { name: 's', secret: { secretName: 'x' } }],
    },
  })
  assert.deepEqual(pod['spec'], {
    ...podDefaults,
    enableServiceLinks: true,
    volumes: [
      { name: 'v', emptyDir: {} },
      { name: 's', secret: { secretName: 'x', defaultMode: 420 } },
    ],
    containers: [
      {
        ...containerDefaults,
        name: 'a',
        image: 'nginx:1',
        imagePullPolicy: 'IfNotPresent',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        livenessProbe: {
          httpGet: { port: 80, path: '/', scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
        env: [
          { name: 'N', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
        ],
        resources: {
          limits: { cpu: '1', memory: '1Gi' },
          requests: { cpu: '100m', memory: '1Gi' },
        },
      },
    ],
  })
})

test('a Pod in the host network has its ports there', () => {
  const { spec } = defaulted('Pod', {
    spec: { hostNetwork: true, containers: [{ name: 'a', ports: [{ containerPort: 80 }] }] },
  }) as { spec: { containers: { ports: unknown }[] } }
  assert.deepEqual(spec.containers[0]?.ports, [
    { containerPort: 80, hostPort: 80, protocol: 'TCP' },
  ])
})

test('a negative grace period of a Pod is one second; a template keeps what it says', () => {
  const spec = { terminationGracePeriodSeconds: -1 }
  const pod = defaulted('Pod', { spec }) as { spec: Draft }
  assert.equal(pod.spec['terminationGracePeriodSeconds'], 1)
  const { template } = defaulted('PodTemplate', { template: { spec } }) as {
    template: { spec: Draft }
  }
  assert.equal(template.spec['terminationGracePeriodSeconds'], -1)
})

test('the requests of a whole Pod come from its containers, else from its limits', () => {
  const { spec } = defaulted('Pod', {
    spec: {
      resources: { limits: { cpu: '2', memory: '1Gi' } },
      containers: [
        { name: 'a', resources: { requests: { cpu: '100m' } } },
        { name: 'b', resources: { requests: { cpu: '200m' } } },
      ],
    },
  }) as { spec: { resources: unknown } }
  assert.deepEqual(spec.resources, {
    limits: { cpu: '2', memory: '1Gi' },
    requests: { cpu: '300m', memory: '1Gi' },
  })
})

test('completes controllers and their templates, without what is for Pods alone', () => {
  const template = {
    spec: { containers: [{ name: 'a', image: 'x', resources: { limits: { cpu: '1' } } }] },
  }
  const filled = {
    metadata: {},
    spec: {
      ...podDefaults,
      containers: [
        {
          ...containerDefaults,
          name: 'a',
          image: 'x',
          imagePullPolicy: 'Always',
          resources: { limits: { cpu: '1' } },
        },
      ],
    },
  }
  assert.deepEqual(defaulted('Deployment', { spec: { template } })['spec'], {
    replicas: 1,
    selector: null,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    template: filled,
  })
  assert.deepEqual(defaulted('DaemonSet', { spec: { template } })['spec'], {
    selector: null,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    revisionHistoryLimit: 10,
    template: filled,
  })
  assert.deepEqual(defaulted('StatefulSet', { spec: { template } })['spec'], {
    podManagementPolicy: 'OrderedReady',
    replicas: 1,
    revisionHistoryLimit: 10,
    selector: null,
    serviceName: '',
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    template: filled,
  })
  assert.deepEqual(defaulted('Job', { spec: { template } })['spec'], {
    backoffLimit: 6,
    completions: 1,
    parallelism: 1,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: 'TerminatingOrFailed',
    manualSelector: false,
    template: filled,
  })
})

test('completes Services by their type', () => {
  const port = { port: 80, protocol: 'TCP', targetPort: 80 }
  const plain = { sessionAffinity: 'None', ports: [port], internalTrafficPolicy: 'Cluster' }
  const spec = (body: Draft) =>
    defaulted('Service', { spec: { ports: [{ port: 80 }], ...body } })['spec']
  assert.deepEqual(spec({}), { ...plain, type: 'ClusterIP' })
  assert.deepEqual(spec({ type: 'NodePort' }), {
    ...plain,
    type: 'NodePort',
    externalTrafficPolicy: 'Cluster',
  })
  assert.deepEqual(spec({ type: 'LoadBalancer' }), {
    ...plain,
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Cluster',
    allocateLoadBalancerNodePorts: true,
  })
  assert.deepEqual(spec({ sessionAffinity: 'ClientIP' }), {
    ...plain,
    type: 'ClusterIP',
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 10800 } },
  })
})

test('completes the other kinds', () => {
  const cases: readonly (readonly [Kind, Draft, Draft])[] = [
    ['Secret', { stringData: { a: 'b' } }, { metadata: {}, type: 'Opaque', data: { a: 'Yg==' } }],
    [
      'Namespace',
      { metadata: { name: 'n' } },
      {
        metadata: { name: 'n', labels: { 'kubernetes.io/metadata.name': 'n' } },
        spec: {},
        status: { phase: 'Active' },
      },
    ],
    [
      'StorageClass',
      { provisioner: 'p' },
      { metadata: {}, provisioner: 'p', reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
    ],
    [
      'RoleBinding',
      {
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [
          { kind: 'User', name: 'u' },
          { kind: 'ServiceAccount', name: 's' },
        ],
      },
      {
        metadata: {},
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
        subjects: [
          { kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' },
          { kind: 'ServiceAccount', name: 's' },
        ],
      },
    ],
    [
      'NetworkPolicy',
      { spec: { egress: [{ ports: [{ port: 53 }] }] } },
      {
        metadata: {},
        spec: {
          podSelector: {},
          egress: [{ ports: [{ port: 53, protocol: 'TCP' }] }],
          policyTypes: ['Ingress', 'Egress'],
        },
      },
    ],
    [
      'LimitRange',
      { spec: { limits: [{ type: 'Container', max: { cpu: '1' }, min: { memory: '1Mi' } }] } },
      {
        metadata: {},
        spec: {
          limits: [
            {
              type: 'Container',
              max: { cpu: '1' },
              min: { memory: '1Mi' },
              default: { cpu: '1' },
              defaultRequest: { cpu: '1', memory: '1Mi' },
            },
          ],
        },
      },
    ],
    [
      'CronJob',
      { spec: { schedule: '* * * * *' } },
      {
        metadata: {},
        spec: {
          schedule: '* * * * *',
          concurrencyPolicy: 'Allow',
          suspend: false,
          successfulJobsHistoryLimit: 3,
          failedJobsHistoryLimit: 1,
          jobTemplate: {
            metadata: {},
            spec: { template: { metadata: {}, spec: { ...podDefaults, containers: null } } },
          },
        },
        status: {},
      },
    ],
  ]
  for (const [kind, body, expected] of cases)
    assert.deepEqual(defaulted(kind, body), expected, kind)
})

test('completes what older clients leave out', () => {
  const claim = { metadata: { name: 'd' }, spec: { accessModes: ['ReadWriteOnce'] } }
  const { spec: set } = defaulted('StatefulSet', { spec: { volumeClaimTemplates: [claim] } })
  const [template] = (set as Draft)['volumeClaimTemplates'] as Draft[]
  assert.equal(template?.['apiVersion'], 'v1')
  assert.equal(template?.['kind'], 'PersistentVolumeClaim')
  const scaler = defaulted('HorizontalPodAutoscalerV1', { spec: { maxReplicas: 2 } })
  assert.equal((scaler['spec'] as Draft)['targetCPUUtilizationPercentage'], 80)
  const { spec: node } = defaulted('Node', { spec: { podCIDR: '10.1.0.0/24' } })
  assert.deepEqual((node as Draft)['podCIDRs'], ['10.1.0.0/24'])
  const { spec: service } = defaulted('Service', {
    spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: {} },
  })
  assert.deepEqual((service as Draft)['sessionAffinityConfig'], {
    clientIP: { timeoutSeconds: 10800 },
  })
})

test('defaults change nothing the second time', () => {
  for (const entry of kinds) {
    const object: Draft = { apiVersion: apiVersionOf(entry), kind: entry.kind }
    conformObject(entry, object)
    applyDefaults(object)
    const once = copyOf(object)
    applyDefaults(object)
    assert.deepEqual(object, once, entry.kind)
  }
})
