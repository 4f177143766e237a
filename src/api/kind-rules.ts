// The table of what is particular to a kind when it is written: how it may be named, which
// change is a new generation, what a client may not set, what is checked.

import { type Draft, draftAs } from './draft.ts'
import type { FieldError } from './field-error.ts'
import type { KindEntry } from './kinds.ts'
import type { GenerationParts } from './prepare.ts'
import type { Namespace, Pod } from './types.gen.ts'
import {
  dns1035Problems,
  dnsLabelProblems,
  dnsSubdomainProblems,
  type NameCheck,
  pathSegmentProblems,
} from './validation/names.ts'

export interface KindRules {
  readonly nameProblems: NameCheck
  /** The parts whose change counts the generation up; absent: the kind has no generation. */
  readonly generation?: GenerationParts
  readonly allowsUnconditionalUpdate?: boolean
  readonly allowsCreateOnUpdate?: boolean
  /** The main endpoint writes the status too. */
  readonly keepsStatusOnWrite?: boolean
  readonly prepareForCreate?: (object: Draft) => void
  readonly prepareForUpdate?: (next: Draft, previous: Draft) => void
  /** Beyond the metadata, on create and on update. */
  readonly validate?: (object: Draft, previous?: Draft) => FieldError[]
  readonly validateCreate?: (object: Draft) => FieldError[]
  readonly validateUpdate?: (next: Draft, previous: Draft) => FieldError[]
}

const rbac = { nameProblems: pathSegmentProblems, allowsCreateOnUpdate: true }

const bySpec = { generation: ['spec'] }

const table: Readonly<Record<string, Partial<KindRules>>> = {
  '/Namespace': { nameProblems: dnsLabelProblems, prepareForCreate: prepareNamespace },
  '/Pod': { ...bySpec, prepareForCreate: preparePod },
  '/ReplicationController': bySpec,
  '/Service': { nameProblems: dns1035Problems, allowsCreateOnUpdate: true },
  'apps/DaemonSet': bySpec,
  'apps/Deployment': { generation: ['spec', 'metadata.annotations'] },
  'apps/ReplicaSet': bySpec,
  'apps/StatefulSet': bySpec,
  'batch/CronJob': bySpec,
  'batch/Job': bySpec,
  'networking.k8s.io/Ingress': bySpec,
  'networking.k8s.io/NetworkPolicy': bySpec,
  'policy/PodDisruptionBudget': bySpec,
  'apiregistration.k8s.io/APIService': { nameProblems: pathSegmentProblems },
  'rbac.authorization.k8s.io/Role': rbac,
  'rbac.authorization.k8s.io/RoleBinding': rbac,
  'rbac.authorization.k8s.io/ClusterRole': rbac,
  'rbac.authorization.k8s.io/ClusterRoleBinding': rbac,
}

/** A Namespace is not gone before its content is, for which this finalizer waits. */
function prepareNamespace(object: Draft): void {
  const namespace = draftAs<Namespace>(object)
  const finalizers = namespace.spec?.finalizers ?? []
  namespace.status = { phase: 'Active' }
  if (finalizers.includes('kubernetes')) return
  namespace.spec = { ...namespace.spec, finalizers: [...finalizers, 'kubernetes'] }
}

function preparePod(object: Draft): void {
  draftAs<Pod>(object).status = { phase: 'Pending' }
}

/** What holds for this kind; subdomain names and nothing particular where the table is silent. */
export function kindRules({ group, kind }: KindEntry): KindRules {
  return { nameProblems: dnsSubdomainProblems, ...table[`${group}/${kind}`] }
}
