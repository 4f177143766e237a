import assert from 'node:assert/strict'
import { test } from 'node:test'
import { humanDuration } from './columns/duration.ts'
import { type Draft, isDraft } from './draft.ts'
import { type Kind, kindEntry, kinds } from './kinds.ts'
import { tableFormOf, tableOf } from './table.ts'

const now = new Date('2026-01-10T00:00:00Z')
const created = '2026-01-09T21:57:00Z'
const options = { now, includeObject: 'None' } as const

function cells(kind: Kind, object: Draft): readonly unknown[] {
  const metadata = { name: 'x', creationTimestamp: created, ...(object['metadata'] as Draft) }
  return tableFormOf(kindEntry(kind)).row({ ...object, metadata }, options).cells
}

test('writes durations as kubectl shows them', () => {
  const second = 1000
  const minute = 60 * second
  const hour = 60 * minute
  const day = 24 * hour
  const texts: readonly (readonly [number, string])[] = [
    [-5 * second, '<invalid>'],
    [-second, '0s'],
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [9 * minute + 59 * second, '9m59s'],
    [10 * minute + 5 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [7 * hour + 59 * minute, '7h59m'],
    [8 * hour + 59 * minute, '8h'],
    [47 * hour, '47h'],
    [48 * hour, '2d'],
    [7 * day + 23 * hour, '7d23h'],
    [8 * day + 23 * hour, '8d'],
    [729 * day, '729d'],
    [2 * 365 * day, '2y'],
    [3 * 365 * day + 20 * day, '3y20d'],
    [8 * 365 * day + 20 * day, '8y'],
  ]
  for (const [ms, text] of texts) assert.equal(humanDuration(ms), text)
})

const running = { state: { running: {} }, ready: true, started: true }

test('tells the state of a Pod', () => {
  const pods: readonly (readonly [string, Draft, readonly unknown[]])[] = [
    [
      'pending',
      { spec: { containers: [{}] }, status: { phase: 'Pending' } },
      ['0/1', 'Pending', '0'],
    ],
    [
      'running',
      {
        spec: { containers: [{}, {}] },
        status: {
          phase: 'Running',
          containerStatuses: [
            { name: 'a', ...running },
            {
              name: 'b',
              state: { waiting: { reason: 'CrashLoopBackOff' } },
              restartCount: 3,
              lastState: { terminated: { finishedAt: '2026-01-09T23:58:30Z' } },
            },
          ],
        },
      },
      ['1/2', 'CrashLoopBackOff', '3 (90s ago)'],
    ],
    [
      'starting',
      {
        spec: { containers: [{}], initContainers: [{ name: 'i' }, { name: 'j' }] },
        status: {
          phase: 'Pending',
          initContainerStatuses: [
            { name: 'i', state: { terminated: { exitCode: 0 } } },
            { name: 'j', state: { running: {} } },
          ],
        },
      },
      ['0/1', 'Init:1/2', '0'],
    ],
    [
      'init failed',
      {
        spec: { containers: [{}], initContainers: [{ name: 'i' }] },
        status: {
          phase: 'Pending',
          initContainerStatuses: [
            { name: 'i', restartCount: 2, state: { terminated: { exitCode: 1, reason: 'Error' } } },
          ],
        },
      },
      ['0/1', 'Init:Error', '2'],
    ],
    [
      'sidecar',
      {
        spec: { containers: [{}], initContainers: [{ name: 's', restartPolicy: 'Always' }] },
        status: {
          phase: 'Running',
          initContainerStatuses: [{ name: 's', ...running }],
          containerStatuses: [{ name: 'a', ...running }],
        },
      },
      ['2/2', 'Running', '0'],
    ],
    [
      'completed',
      {
        spec: { containers: [{}] },
        status: {
          phase: 'Succeeded',
          containerStatuses: [
            { name: 'a', state: { terminated: { reason: 'Completed', exitCode: 0 } } },
          ],
        },
      },
      ['0/1', 'Completed', '0'],
    ],
    [
      'exit code',
      {
        spec: { containers: [{}] },
        status: {
          phase: 'Failed',
          containerStatuses: [{ state: { terminated: { exitCode: 3 } } }],
        },
      },
      ['0/1', 'ExitCode:3', '0'],
    ],
    [
      'deleting',
      {
        metadata: { deletionTimestamp: created },
        spec: { containers: [{}] },
        status: { phase: 'Running', containerStatuses: [running] },
      },
      ['1/1', 'Terminating', '0'],
    ],
    [
      'gated',
      {
        spec: { containers: [{}] },
        status: {
          phase: 'Pending',
          conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated' }],
        },
      },
      ['0/1', 'SchedulingGated', '0'],
    ],
    [
      'evicted',
      { spec: { containers: [{}] }, status: { phase: 'Failed', reason: 'Evicted' } },
      ['0/1', 'Evicted', '0'],
    ],
  ]
  for (const [name, pod, expected] of pods) {
    assert.deepEqual(cells('Pod', pod).slice(1, 4), expected, name)
  }
})

test('shows Services by what reaches them', () => {
  const ports = [
    { port: 80, nodePort: 30080, protocol: 'TCP' },
    { port: 53, protocol: 'UDP' },
  ]
  const services: readonly (readonly [Draft, readonly unknown[]])[] = [
    [
      { type: 'NodePort', clusterIPs: ['10.96.0.5'], ports, selector: { b: '2', a: '1' } },
      ['NodePort', '10.96.0.5', '<none>', '80:30080/TCP,53/UDP', '123m', 'a=1,b=2'],
    ],
    [
      { type: 'ClusterIP', clusterIPs: ['None'] },
      ['ClusterIP', 'None', '<none>', '<none>', '123m', '<none>'],
    ],
    [
      { type: 'LoadBalancer', clusterIPs: ['10.96.0.6'] },
      ['LoadBalancer', '10.96.0.6', '<pending>', '<none>', '123m', '<none>'],
    ],
    [
      { type: 'ExternalName', externalName: 'example.com' },
      ['ExternalName', '<none>', 'example.com', '<none>', '123m', '<none>'],
    ],
  ]
  for (const [spec, expected] of services)
    assert.deepEqual(cells('Service', { spec }).slice(1), expected)
})

test('shows controllers with their counts, zero where nothing is said', () => {
  const template = {
    spec: {
      containers: [
        { name: 'a', image: 'nginx' },
        { name: 'b', image: 'redis' },
      ],
    },
  }
  const spec = { replicas: 2, selector: { matchLabels: { app: 'x' } }, template }
  assert.deepEqual(cells('Deployment', { spec, status: { readyReplicas: 1 } }), [
    'x',
    '1/2',
    0,
    0,
    '123m',
    'a,b',
    'nginx,redis',
    'app=x',
  ])
  assert.deepEqual(cells('ReplicaSet', { spec }), [
    'x',
    2,
    0,
    0,
    '123m',
    'a,b',
    'nginx,redis',
    'app=x',
  ])
  assert.deepEqual(cells('StatefulSet', { spec }), ['x', '0/2', '123m', 'a,b', 'nginx,redis'])
})

test('shows Nodes with their roles and addresses', () => {
  const node = {
    metadata: {
      labels: { 'node-role.kubernetes.io/control-plane': '', 'node-role.kubernetes.io/a': '' },
    },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '172.18.0.2' }],
      nodeInfo: {
        kubeletVersion: 'v1.36.2',
        kernelVersion: '6.1',
        architecture: 'amd64',
        osImage: 'Debian',
      },
    },
  }
  assert.deepEqual(cells('Node', node), [
    'x',
    'Ready,SchedulingDisabled',
    'a,control-plane',
    '123m',
    'v1.36.2',
    '172.18.0.2',
    '<none>',
    'Debian',
    '6.1 (amd64)',
    '<unknown>',
  ])
})

test('shows Jobs, Events, claims, endpoints and bindings', () => {
  const job = {
    spec: { completions: 3 },
    status: { succeeded: 1, startTime: '2026-01-09T23:59:00Z' },
  }
  assert.deepEqual(cells('Job', job).slice(0, 4), ['x', 'Running', '1/3', '60s'])
  const event = {
    involvedObject: { kind: 'Pod', name: 'a' },
    reason: 'Pulled',
    type: 'Normal',
    message: ' done\n',
    lastTimestamp: created,
    count: 4,
    source: { component: 'kubelet', host: 'n' },
  }
  assert.deepEqual(cells('Event', event), [
    '123m',
    'Normal',
    'Pulled',
    'pod/a',
    '',
    'kubelet, n',
    'done',
    '<unknown>',
    4,
    'x',
  ])
  const claim = {
    spec: { volumeName: 'v', storageClassName: 's', volumeMode: 'Filesystem' },
    status: {
      phase: 'Bound',
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
    },
  }
  assert.deepEqual(cells('PersistentVolumeClaim', claim), [
    'x',
    'Bound',
    'v',
    '1Gi',
    'RWO,RWX',
    's',
    '<unset>',
    '123m',
    'Filesystem',
  ])
  const subsets = [
    { addresses: [{ ip: '1.1.1.1' }, { ip: '1.1.1.2' }], ports: [{ port: 80 }, { port: 443 }] },
  ]
  assert.deepEqual(
    cells('Endpoints', { subsets })[1],
    '1.1.1.1:80,1.1.1.2:80,1.1.1.1:443 + 1 more...',
  )
  const binding = {
    roleRef: { kind: 'Role', name: 'r' },
    subjects: [
      { kind: 'User', name: 'u' },
      { kind: 'ServiceAccount', namespace: 'n', name: 's' },
    ],
  }
  assert.deepEqual(cells('RoleBinding', binding), ['x', 'Role/r', '123m', 'u', '', 'n/s'])
})

test('has a row for an empty object of every kind', () => {
  for (const entry of kinds) {
    const form = tableFormOf(entry)
    const { cells: row } = form.row({ metadata: {} }, options)
    assert.ok(row.length >= form.columns.length, entry.kind)
    assert.ok(
      row.every((cell) => cell !== undefined && !isDraft(cell)),
      entry.kind,
    )
  }
})

test('a table has its columns, rows with as much of the object as is asked for, and marks', () => {
  const pod = { kind: 'Pod', metadata: { name: 'a' }, spec: {}, status: { phase: 'Succeeded' } }
  const form = tableFormOf(kindEntry('Pod'))
  const table = tableOf(form, [pod], {
    now,
    includeObject: 'Metadata',
    listMetadata: { resourceVersion: '7' },
  })
  assert.deepEqual(table.metadata, { resourceVersion: '7' })
  assert.deepEqual(
    table.columnDefinitions.map(({ name }) => name),
    [
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
      'IP',
      'Node',
      'Nominated Node',
      'Readiness Gates',
    ],
  )
  assert.deepEqual(table.rows[0]?.object, {
    kind: 'PartialObjectMetadata',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { name: 'a' },
  })
  assert.deepEqual(table.rows[0]?.conditions, [
    {
      type: 'Completed',
      status: 'True',
      reason: 'Succeeded',
      message: 'The pod has completed successfully.',
    },
  ])
  assert.equal(form.row(pod, { now, includeObject: 'Object' }).object, pod)
})
