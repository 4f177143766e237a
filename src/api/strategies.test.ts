import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyOf, type Draft, isDraft } from './draft.ts'
import { type Kind, kindEntry, kinds } from './kinds.ts'
import { qosClassOf } from './qos.ts'
import { selectableFieldNames, selectableFields } from './selectable-fields.ts'
import { strategyOf } from './strategies.ts'

function strategy(kind: Kind) {
  return strategyOf(kindEntry(kind))
}

function created(kind: Kind, object: Draft): Draft {
  const draft = { metadata: { name: 'x', uid: 'u' }, ...copyOf(object) }
  strategy(kind).prepareForCreate(draft)
  return draft
}

function updated(kind: Kind, next: Draft, previous: Draft, endpoint?: string): Draft {
  const draft = copyOf(next)
  const before = copyOf(previous)
  const main = strategy(kind)
  const used = endpoint === undefined ? main : main.subresource(endpoint)
  used?.prepareForUpdate(draft, previous)
  assert.deepEqual(previous, before, 'the previous object is not changed')
  return draft
}

test('a client sets neither the status nor the generation', () => {
  const deployment = { metadata: { name: 'x', generation: 7 }, spec: {}, status: { replicas: 3 } }
  assert.deepEqual(created('Deployment', deployment), {
    metadata: { name: 'x', generation: 1 },
    spec: {},
    status: {},
  })
  assert.deepEqual(created('ConfigMap', { metadata: { name: 'x', generation: 7 } }), {
    metadata: { name: 'x' },
  })
})

test('a new object has a status that says that nothing is known yet', () => {
  assert.deepEqual(created('ReplicaSet', {})['status'], { replicas: 0 })
  assert.deepEqual(created('Service', {})['status'], { loadBalancer: {} })
  assert.deepEqual(created('PodDisruptionBudget', { status: { expectedPods: 3 } })['status'], {
    currentHealthy: 0,
    desiredHealthy: 0,
    disruptionsAllowed: 0,
    expectedPods: 0,
  })
})

test('a Pod starts pending, in the class that its resources give it, and gated if it has gates', () => {
  const pod = { spec: { containers: [{ name: 'c' }], schedulingGates: [{ name: 'g' }] } }
  assert.deepEqual(created('Pod', pod)['status'], {
    phase: 'Pending',
    qosClass: 'BestEffort',
    conditions: [
      {
        type: 'PodScheduled',
        status: 'False',
        reason: 'SchedulingGated',
        message: 'Scheduling is blocked due to non-empty scheduling gates',
      },
    ],
  })
})

test('namespaces, volumes, claims and nodes start as upstream starts them', () => {
  assert.deepEqual(created('Namespace', {}), {
    metadata: { name: 'x', uid: 'u' },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  })
  assert.deepEqual(created('PersistentVolumeClaim', {})['status'], { phase: 'Pending' })
  assert.deepEqual(created('Node', { status: { phase: 'x' } })['status'], { phase: 'x' })
  const daemons = created('DaemonSet', {})['metadata']
  assert.deepEqual(daemons, {
    name: 'x',
    uid: 'u',
    annotations: { 'deprecated.daemonset.template.generation': '1' },
    generation: 1,
  })
})

test('a Job finds its Pods by its uid, unless the selector is its own', () => {
  const labels = {
    'batch.kubernetes.io/controller-uid': 'u',
    'batch.kubernetes.io/job-name': 'x',
    'controller-uid': 'u',
    'job-name': 'x',
  }
  assert.deepEqual(created('Job', { spec: {} })['spec'], {
    template: { metadata: { labels } },
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } },
  })
  assert.deepEqual(created('Job', { spec: { manualSelector: true } })['spec'], {
    manualSelector: true,
  })
})

const before = {
  metadata: { name: 'x', uid: 'u', generation: 3, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { replicas: 1 },
  status: { replicas: 1 },
}

test('an update keeps the status and what identifies, and counts a change of the spec', () => {
  const metadata = { ...before.metadata, generation: 4 }
  const sent = { metadata: { name: 'x', generation: 99 }, spec: { replicas: 2 }, status: {} }
  assert.deepEqual(updated('ReplicaSet', sent, before), {
    metadata: { ...metadata },
    spec: { replicas: 2 },
    status: { replicas: 1 },
  })
  const same = { metadata: { name: 'x', labels: { a: 'b' } }, spec: { replicas: 1 } }
  const { metadata: kept } = updated('ReplicaSet', same, before)
  assert.equal(isDraft(kept) && kept['generation'], 3)
  const annotated = { metadata: { name: 'x', annotations: { a: 'b' } }, spec: { replicas: 1 } }
  const { metadata: bumped } = updated('Deployment', annotated, before)
  assert.equal(isDraft(bumped) && bumped['generation'], 4)
})

test('an update of the status keeps everything else', () => {
  const sent = {
    metadata: { ...before.metadata, labels: { a: 'b' } },
    spec: { replicas: 9 },
    status: { replicas: 5 },
  }
  assert.deepEqual(updated('ReplicaSet', sent, before, 'status'), {
    metadata: { ...before.metadata, labels: { a: 'b' } },
    spec: { replicas: 1 },
    status: { replicas: 5 },
  })
  assert.deepEqual(updated('Deployment', sent, before, 'status')['metadata'], before.metadata)
})

test('each endpoint of a Pod writes its own part', () => {
  const spec = {
    nodeName: 'n',
    containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '1' } } }],
  }
  const pod = { metadata: { name: 'x', generation: 1 }, spec, status: { qosClass: 'Burstable' } }
  const added = [{ name: 'debug', image: 'y' }]
  const sent = {
    metadata: { name: 'x' },
    spec: {
      nodeName: 'other',
      ephemeralContainers: added,
      containers: [{ name: 'c', image: 'z', resources: { requests: { cpu: '2' } } }],
    },
    status: { phase: 'Running' },
  }
  assert.deepEqual(updated('Pod', sent, pod, 'ephemeralcontainers')['spec'], {
    ...spec,
    ephemeralContainers: added,
  })
  assert.deepEqual(updated('Pod', sent, pod, 'resize')['spec'], {
    nodeName: 'n',
    containers: [{ name: 'c', image: 'x', resources: { requests: { cpu: '2' } } }],
  })
  const status = updated('Pod', sent, pod, 'status')
  assert.deepEqual(status['spec'], spec)
  assert.deepEqual(status['status'], { phase: 'Running', qosClass: 'Burstable' })
})

test('approval and signing of a certificate request keep out of each other’s way', () => {
  const approved = { type: 'Approved', status: 'True' }
  const request = {
    metadata: { name: 'x' },
    spec: { signerName: 's' },
    status: { certificate: 'c' },
  }
  const sent = {
    metadata: { name: 'x' },
    spec: {},
    status: { conditions: [approved], certificate: 'd' },
  }
  assert.deepEqual(updated('CertificateSigningRequest', sent, request, 'approval')['status'], {
    certificate: 'c',
    conditions: [approved],
  })
  const given = { ...request, status: { conditions: [approved] } }
  const issued = { metadata: { name: 'x' }, spec: {}, status: { certificate: 'd' } }
  assert.deepEqual(updated('CertificateSigningRequest', issued, given, 'status')['status'], {
    certificate: 'd',
    conditions: [approved],
  })
})

test('says which updates are allowed', () => {
  assert.equal(strategy('Lease').allowsCreateOnUpdate, true)
  assert.equal(strategy('Lease').allowsUnconditionalUpdate, false)
  assert.equal(strategy('Pod').allowsCreateOnUpdate, false)
  assert.equal(strategy('Pod').allowsUnconditionalUpdate, true)
  assert.equal(strategy('Pod').subresource('log'), undefined)
  assert.equal(strategy('Deployment').subresource('scale'), undefined)
})

test('offers the selectable fields of each kind', () => {
  const pod = {
    metadata: { name: 'a', namespace: 'b' },
    spec: { nodeName: 'n', restartPolicy: 'Always' },
    status: { phase: 'Running', podIP: '10.0.0.1' },
  }
  assert.deepEqual(selectableFields(kindEntry('Pod'), pod), {
    'metadata.name': 'a',
    'metadata.namespace': 'b',
    'spec.nodeName': 'n',
    'spec.restartPolicy': 'Always',
    'spec.schedulerName': '',
    'spec.serviceAccountName': '',
    'spec.hostNetwork': 'false',
    'status.phase': 'Running',
    'status.podIP': '10.0.0.1',
    'status.podIPs': '10.0.0.1',
    'status.nominatedNodeName': '',
    'spec.host': 'n',
  })
  assert.deepEqual(selectableFieldNames(kindEntry('ConfigMap')), [
    'metadata.name',
    'metadata.namespace',
  ])
  assert.equal(selectableFields(kindEntry('Node'), {})['spec.unschedulable'], 'false')
  for (const entry of kinds) assert.ok(selectableFieldNames(entry).length >= 2)
})

test('puts Pods into classes by what they ask for', () => {
  const container = (requests: Record<string, string>, limits: Record<string, string>) => ({
    name: 'c',
    resources: { requests, limits },
  })
  const both = { cpu: '1', memory: '1Gi' }
  assert.equal(qosClassOf({ containers: [{ name: 'c' }] }), 'BestEffort')
  assert.equal(qosClassOf({ containers: [container(both, both)] }), 'Guaranteed')
  assert.equal(qosClassOf({ containers: [container({ cpu: '1' }, both)] }), 'Burstable')
  assert.equal(qosClassOf({ containers: [container(both, both), { name: 'd' }] }), 'Burstable')
  assert.equal(qosClassOf({ containers: [container({ cpu: '0' }, {})] }), 'BestEffort')
})
