// Table: the priority levels and flow schemas every cluster starts with. Source: Kubernetes 1.36.

import { mandatoryFlowSchemas } from '../../api/validation/mandatory-flow-schemas.ts'
import type { StoredObject } from './stored-object.ts'

const apiVersion = 'flowcontrol.apiserver.k8s.io/v1'
const annotations = { 'apf.kubernetes.io/autoupdate-spec': 'true' }

/** name, shares, lendable percent, [queues, hand size]; without queues a full level rejects. */
const limitedLevels: readonly (readonly [string, number, number, (readonly [number, number])?])[] =
  [
    ['catch-all', 5, 0],
    ['system', 30, 33, [64, 6]],
    ['node-high', 40, 25, [64, 6]],
    ['leader-election', 10, 0, [16, 4]],
    ['workload-high', 40, 50, [128, 6]],
    ['workload-low', 100, 90, [128, 6]],
    ['global-default', 20, 50, [128, 6]],
  ]

const everyone = ['g:system:unauthenticated', 'g:system:authenticated']
const everything = { resources: ['* * * cluster'], paths: ['* *'] }

interface Schema {
  readonly name: string
  readonly level: string
  readonly precedence: number
  readonly by?: 'ByUser' | 'ByNamespace'
  /** u:USER, g:GROUP, s:NAMESPACE/SERVICEACCOUNT. */
  readonly subjects: readonly string[]
  /** VERBS GROUP RESOURCES, and `cluster` where cluster-scoped requests count. */
  readonly resources?: readonly string[]
  /** VERBS PATHS. */
  readonly paths?: readonly string[]
}

/** All but the mandatory ones. */
const schemas: readonly Schema[] = [
  {
    name: 'probes',
    level: 'exempt',
    precedence: 2,
    subjects: everyone,
    paths: ['get /healthz,/readyz,/livez'],
  },
  {
    name: 'system-leader-election',
    level: 'leader-election',
    precedence: 100,
    by: 'ByUser',
    subjects: ['u:system:kube-controller-manager', 'u:system:kube-scheduler', 's:kube-system/*'],
    resources: ['get,create,update coordination.k8s.io leases'],
  },
  {
    name: 'endpoint-controller',
    level: 'workload-high',
    precedence: 150,
    by: 'ByUser',
    subjects: [
      'u:system:kube-controller-manager',
      's:kube-system/endpoint-controller',
      's:kube-system/endpointslicemirroring-controller',
    ],
    resources: ['get,create,update core endpoints'],
  },
  {
    name: 'workload-leader-election',
    level: 'leader-election',
    precedence: 200,
    by: 'ByUser',
    subjects: ['s:kube-system/*'],
    resources: ['get,create,update coordination.k8s.io leases'],
  },
  {
    name: 'system-node-high',
    level: 'node-high',
    precedence: 400,
    by: 'ByUser',
    subjects: ['g:system:nodes'],
    resources: ['* core nodes,nodes/status cluster', '* coordination.k8s.io leases'],
  },
  {
    name: 'system-nodes',
    level: 'system',
    precedence: 500,
    by: 'ByUser',
    subjects: ['g:system:nodes'],
    ...everything,
  },
  {
    name: 'kube-controller-manager',
    level: 'workload-high',
    precedence: 800,
    by: 'ByNamespace',
    subjects: ['u:system:kube-controller-manager'],
    ...everything,
  },
  {
    name: 'kube-scheduler',
    level: 'workload-high',
    precedence: 800,
    by: 'ByNamespace',
    subjects: ['u:system:kube-scheduler'],
    ...everything,
  },
  {
    name: 'kube-system-service-accounts',
    level: 'workload-high',
    precedence: 900,
    by: 'ByNamespace',
    subjects: ['s:kube-system/*'],
    ...everything,
  },
  {
    name: 'service-accounts',
    level: 'workload-low',
    precedence: 9000,
    by: 'ByUser',
    subjects: ['g:system:serviceaccounts'],
    ...everything,
  },
  {
    name: 'global-default',
    level: 'global-default',
    precedence: 9900,
    by: 'ByUser',
    subjects: everyone,
    ...everything,
  },
]

export function flowControlObjects(): readonly StoredObject[] {
  return [
    exemptLevel,
    ...limitedLevels.map(limitedLevel),
    mandatorySchema('exempt'),
    ...schemas.map(flowSchema),
    mandatorySchema('catch-all'),
  ]
}

const exemptLevel: StoredObject = {
  apiVersion,
  kind: 'PriorityLevelConfiguration',
  metadata: { name: 'exempt', annotations },
  spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
}

function limitedLevel([name, shares, lendable, queue]: (typeof limitedLevels)[number]) {
  const queuing = queue && { queues: queue[0], handSize: queue[1], queueLengthLimit: 50 }
  const limitResponse = queuing ? { type: 'Queue', queuing } : { type: 'Reject' }
  return {
    apiVersion,
    kind: 'PriorityLevelConfiguration',
    metadata: { name, annotations },
    spec: {
      type: 'Limited',
      limited: { nominalConcurrencyShares: shares, lendablePercent: lendable, limitResponse },
    },
  }
}

function mandatorySchema(name: keyof typeof mandatoryFlowSchemas): StoredObject {
  const spec = mandatoryFlowSchemas[name]
  return { apiVersion, kind: 'FlowSchema', metadata: { name, annotations }, spec }
}

function flowSchema({ name, level, precedence, by, ...rule }: Schema): StoredObject {
  return {
    apiVersion,
    kind: 'FlowSchema',
    metadata: { name, annotations },
    spec: {
      priorityLevelConfiguration: { name: level },
      matchingPrecedence: precedence,
      ...(by && { distinguisherMethod: { type: by } }),
      rules: [
        {
          subjects: rule.subjects.map(subject),
          ...(rule.resources && { resourceRules: rule.resources.map(resourceRule) }),
          ...(rule.paths && { nonResourceRules: rule.paths.map(pathRule) }),
        },
      ],
    },
  }
}

function subject(text: string) {
  const name = text.slice(2)
  if (text.startsWith('u:')) return { kind: 'User', user: { name } }
  if (text.startsWith('g:')) return { kind: 'Group', group: { name } }
  const [namespace = '', account = ''] = name.split('/')
  return { kind: 'ServiceAccount', serviceAccount: { namespace, name: account } }
}

function resourceRule(line: string) {
  const [verbs = '', group = '', resources = '', scope] = line.split(' ')
  return {
    verbs: verbs.split(','),
    apiGroups: [group === 'core' ? '' : group],
    resources: resources.split(','),
    ...(scope === 'cluster' && { clusterScope: true }),
    namespaces: ['*'],
  }
}

function pathRule(line: string) {
  const [verbs = '', paths = ''] = line.split(' ')
  return { verbs: verbs.split(','), nonResourceURLs: paths.split(',') }
}
