// The table of what is particular to a kind when it is written: how it may be named, which
// change is a new generation, what a client may not set, what is checked.

import type { Draft } from './draft.ts'
import type { FieldError } from './field-error.ts'
import type { KindEntry } from './kinds.ts'
import type { GenerationParts } from './prepare.ts'
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

const table: Readonly<Record<string, Partial<KindRules>>> = {
  '/Namespace': { nameProblems: dnsLabelProblems },
  '/Service': { nameProblems: dns1035Problems, allowsCreateOnUpdate: true },
  'apiregistration.k8s.io/APIService': { nameProblems: pathSegmentProblems },
  'rbac.authorization.k8s.io/Role': rbac,
  'rbac.authorization.k8s.io/RoleBinding': rbac,
  'rbac.authorization.k8s.io/ClusterRole': rbac,
  'rbac.authorization.k8s.io/ClusterRoleBinding': rbac,
}

/** What holds for this kind; subdomain names and nothing particular where the table is silent. */
export function kindRules({ group, kind }: KindEntry): KindRules {
  return { nameProblems: dnsSubdomainProblems, ...table[`${group}/${kind}`] }
}
