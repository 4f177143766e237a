import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Affinity, Node, Pod, Service } from '../api/types.gen.ts'
import { nodeInfo, type Snapshot } from './node-info.ts'
import type { ClusterView, CycleContext } from './plugin.ts'
import { filterPlugins, scorePlugins } from './plugins.ts'
import { planPreemption } from './preemption.ts'
import { failureMessage, schedulePod } from './schedule.ts'

test('a Pod goes to the emptiest node', () => {
  const nodes = [node('n1'), node('n2')]
  assert.deepEqual(ask(pod('new', { cpu: '1' }), nodes, [pod('old', { on: 'n1', cpu: '1' })]), [
    'n2',
  ])
})

test('Pods of one Service spread although they ask for nothing', () => {
  const nodes = [node('n1'), node('n2'), node('n3')]
  const running = [pod('a', { on: 'n1' }), pod('b', { on: 'n3' })]
  assert.deepEqual(ask(pod('new'), nodes, running), ['n2'])
})

test('says for how many nodes each reason holds', () => {
  const nodes = [
    node('n1', {
      taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
    }),
    node('n2', { unschedulable: true }),
    node('n3'),
  ]
  assert.equal(
    ask(pod('new', { cpu: '3' }), nodes, [pod('old', { on: 'n3', cpu: '2' })]),
    '0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable.',
  )
})

test('no nodes at all', () => {
  assert.equal(ask(pod('new'), [], []), 'no nodes available to schedule pods')
})

test('node selectors, affinity and host ports rule nodes out', () => {
  const nodes = [node('n1', {}, { disk: 'ssd' }), node('n2')]
  assert.deepEqual(ask(pod('new', { selector: { disk: 'ssd' } }), nodes, []), ['n1'])
  const required = {
    nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'DoesNotExist' as const }] }],
  }
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } }
  assert.deepEqual(ask(pod('new', { affinity }), nodes, []), ['n2'])
  const taken = pod('old', { on: 'n1', hostPort: 80 })
  assert.deepEqual(ask(pod('new', { hostPort: 80 }), nodes, [taken]), ['n2'])
})

test('anti-affinity keeps apart in both directions', () => {
  const nodes = [node('n1'), node('n2')]
  const term = {
    labelSelector: { matchLabels: { app: 'web' } },
    topologyKey: 'kubernetes.io/hostname',
  }
  const apart = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } }
  const near = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } }
  assert.deepEqual(ask(pod('new', { affinity: apart }), nodes, [pod('old', { on: 'n1' })]), ['n2'])
  assert.deepEqual(ask(pod('new'), nodes, [pod('old', { on: 'n1', affinity: apart })]), ['n2'])
  assert.deepEqual(ask(pod('new', { affinity: near }), nodes, [pod('old', { on: 'n1' })]), ['n1'])
  assert.deepEqual(ask(pod('first', { affinity: near }), nodes, []), ['n1', 'n2'])
})

test('a hard spread constraint allows only the domains with the fewest', () => {
  const nodes = [node('n1'), node('n2')]
  const spread = {
    topologyKey: 'kubernetes.io/hostname',
    maxSkew: 1,
    whenUnsatisfiable: 'DoNotSchedule' as const,
    labelSelector: { matchLabels: { app: 'web' } },
  }
  assert.deepEqual(ask(pod('new', { spread }), nodes, [pod('old', { on: 'n2' })]), ['n1'])
})

test('init containers count by their peak, sidecars beside the rest', () => {
  const greedy = pod('new', { cpu: '1' })
  const initContainers = [
    { name: 'sidecar', restartPolicy: 'Always', resources: { requests: { cpu: '1' } } },
    { name: 'init', resources: { requests: { cpu: '4' } } },
  ]
  const asking = { ...greedy, spec: { ...greedy.spec, initContainers } }
  assert.equal(ask(asking, [node('n1')], []), '0/1 nodes are available: 1 Insufficient cpu.')
})

test('preemption takes the fewest and least important Pods', () => {
  const nodes = [node('n1'), node('n2')]
  const running = [
    pod('low', { on: 'n1', cpu: '4', priority: 1 }),
    pod('lower', { on: 'n2', cpu: '2', priority: 0 }),
    pod('small', { on: 'n2', cpu: '1', priority: 0 }),
  ]
  const context = contextOf(pod('new', { cpu: '2', priority: 10 }), nodes, running)
  const plan = planPreemption(context, rejectionsOf(context), filterPlugins)
  assert.ok('victims' in plan)
  assert.equal(plan.nodeName, 'n2')
  assert.deepEqual(
    plan.victims.map(({ metadata }) => metadata.name),
    ['small'],
  )
})

test('preemption says why it does not help', () => {
  const nodes = [node('n1'), node('n2', { unschedulable: true })]
  const running = [pod('same', { on: 'n1', cpu: '4' })]
  const context = contextOf(pod('new', { cpu: '1' }), nodes, running)
  assert.deepEqual(planPreemption(context, rejectionsOf(context), filterPlugins), {
    message:
      'preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.',
  })
})

function ask(wanted: Pod, nodes: readonly Node[], pods: readonly Pod[]) {
  const context = contextOf(wanted, nodes, pods)
  const decision = schedulePod(context, { filters: filterPlugins, scores: scorePlugins })
  return 'best' in decision ? decision.best : failureMessage(context.snapshot, decision)
}

function rejectionsOf(context: CycleContext) {
  const decision = schedulePod(context, { filters: filterPlugins, scores: scorePlugins })
  assert.ok('nodes' in decision)
  return decision.nodes
}

function contextOf(wanted: Pod, nodes: readonly Node[], pods: readonly Pod[]): CycleContext {
  const snapshot: Snapshot = {
    nodes: nodes.map((each) =>
      nodeInfo(
        each,
        pods.filter(({ spec }) => spec.nodeName === each.metadata.name),
      ),
    ),
  }
  const service = { spec: { selector: { app: 'web' } } } as unknown as Service
  const cluster: ClusterView = {
    get: () => undefined,
    list: (kind) => (kind === 'Service' ? ([service] as never) : []),
  }
  return { pod: wanted, snapshot, cluster }
}

function node(name: string, spec: Node['spec'] = {}, labels: Record<string, string> = {}): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec,
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' } },
  }
}

interface PodFacts {
  readonly on?: string
  readonly cpu?: string
  readonly priority?: number
  readonly hostPort?: number
  readonly selector?: Record<string, string>
  readonly affinity?: Affinity
  readonly spread?: NonNullable<Pod['spec']['topologySpreadConstraints']>[number]
}

function pod(name: string, facts: PodFacts = {}): Pod {
  const { on, cpu, priority, hostPort, selector, affinity, spread } = facts
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: name, labels: { app: 'web' } },
    spec: {
      containers: [
        {
          name: 'main',
          ...(cpu && { resources: { requests: { cpu } } }),
          ...(hostPort && { ports: [{ containerPort: hostPort, hostPort }] }),
        },
      ],
      ...(on && { nodeName: on }),
      ...(priority !== undefined && { priority }),
      ...(selector && { nodeSelector: selector }),
      ...(affinity && { affinity }),
      ...(spread && { topologySpreadConstraints: [spread] }),
    },
  }
}
