// The cells of the remaining kinds: bindings, certificates, policies, claims, API services.

import { type Draft, type DraftOf, draftAs, isDraft } from '../draft.ts'
import type {
  APIService,
  CertificateSigningRequest,
  ComponentStatus,
  CSIDriver,
  ParamRef,
  ResourceResourceClaim,
  RoleBinding,
  ValidatingAdmissionPolicyBinding,
} from '../types.gen.ts'
import type { Formulas, Value } from './expression.ts'
import { selectorCell, shortList, textOf, unset } from './text.ts'

export const otherFormulas: Formulas = {
  subjects: (args, { object }) => subjectsText(draftAs<RoleBinding>(object), args.texts[0] ?? ''),
  csrCondition: (_, { object }) => csrText(draftAs<CertificateSigningRequest>(object)),
  pcrState: (_, { object }) => lastOf(object, ['Issued', 'Denied', 'Failed'], 'Pending', false),
  migrationStatus: (_, { object }) =>
    lastOf(object, ['Running', 'Failed', 'Succeeded'], 'Unknown', true),
  csiTokenRequests: (_, { object }) => {
    const requests = draftAs<CSIDriver>(object).spec?.tokenRequests
    return requests?.map(({ audience }) => audience ?? '').join(',') ?? unset
  },
  paramRef: (_, { object }) =>
    paramRefText(draftAs<ValidatingAdmissionPolicyBinding>(object).spec?.paramRef),
  claimState: (_, { object }) => claimText(draftAs<ResourceResourceClaim>(object)),
  componentHealth: (_, { object }) => {
    const healthy = draftAs<ComponentStatus>(object).conditions?.find(
      ({ type }) => type === 'Healthy',
    )
    if (!healthy) return 'Unknown'
    return healthy.status === 'True' ? 'Healthy' : 'Unhealthy'
  },
  apiServiceTarget: (_, { object }) => {
    const service = draftAs<APIService>(object).spec?.service
    return service ? `${service.namespace}/${service.name}` : 'Local'
  },
  apiServiceAvailable: (_, { object }) => {
    const available = conditionOf(object, 'Available')
    if (!available) return 'Unknown'
    const { status, reason } = available
    return status === 'True' || !reason ? textOf(status) : `${status} (${reason})`
  },
  storageVersions: (_, { object }) => {
    const versions = statusOf(object)['storageVersions']
    const texts = (Array.isArray(versions) ? versions : [])
      .filter(isDraft)
      .map(({ apiServerID, encodingVersion }) => `${apiServerID}=${encodingVersion}`)
    return shortList(texts, { most: 3, empty: unset })
  },
  poolSum: (args, { object }) => poolText(object, (pools) => sumOver(pools, args.texts[0] ?? '')),
  poolErrors: (_, { object }) =>
    poolText(object, (pools) => pools.filter((pool) => pool['validationError']).length),
  poolStatus: (_, { object }) => poolStatusText(object),
  podGroupPolicy: (_, { object }) => {
    const spec = object['spec']
    const policy = isDraft(spec) ? spec['schedulingPolicy'] : undefined
    return isDraft(policy) && policy['gang'] ? 'Gang' : 'Basic'
  },
  podGroupStatus: (_, { object }) => podGroupText(object),
}

function subjectsText({ subjects }: DraftOf<RoleBinding>, kind: string): string {
  return (subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map(({ namespace, name }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
    .join(', ')
}

function csrText({ status }: DraftOf<CertificateSigningRequest>): string {
  const types = new Set(status?.conditions?.map(({ type }) => type))
  const verdict = ['Denied', 'Approved'].find((type) => types.has(type)) ?? 'Pending'
  const failed = types.has('Failed') ? ',Failed' : ''
  return `${verdict}${failed}${status?.certificate ? ',Issued' : ''}`
}

function statusOf(object: Draft): Draft {
  return isDraft(object['status']) ? object['status'] : {}
}

function conditionsOf(object: Draft): Draft[] {
  const { conditions } = statusOf(object)
  return Array.isArray(conditions) ? conditions.filter(isDraft) : []
}

function conditionOf(object: Draft, type: string): Draft | undefined {
  return conditionsOf(object).find((condition) => condition['type'] === type)
}

/** The last of these conditions in the object's list. */
function lastOf(
  object: Draft,
  types: readonly string[],
  otherwise: string,
  mustHold: boolean,
): string {
  const found = conditionsOf(object)
    .filter(({ status }) => !mustHold || status === 'True')
    .map(({ type }) => textOf(type))
    .findLast((type) => types.includes(type))
  return found ?? otherwise
}

function paramRefText(reference: DraftOf<ParamRef> | undefined): string {
  if (reference?.name) return `${reference.namespace || '*'}/${reference.name}`
  const selector: Value = reference?.selector && ({ ...reference.selector } as Draft)
  return selector ? selectorCell(selector, '', '<error>') : unset
}

function claimText({ metadata, status }: DraftOf<ResourceResourceClaim>): string {
  const isDeleting = metadata?.deletionTimestamp !== undefined
  const parts = [
    ...(isDeleting ? ['deleted'] : []),
    ...(!status?.allocation && !isDeleting ? ['pending'] : []),
    ...(status?.allocation ? ['allocated'] : []),
    ...(status?.allocation && status.reservedFor?.length ? ['reserved'] : []),
  ]
  return parts.join(',')
}

function poolText(object: Draft, count: (pools: readonly Draft[]) => number): string {
  const failed = conditionOf(object, 'Failed')
  if (!isDraft(object['status']) || failed?.['status'] === 'True') return '-'
  return String(count(poolsOf(object)))
}

function poolsOf(object: Draft): Draft[] {
  const { pools } = statusOf(object)
  return Array.isArray(pools) ? pools.filter(isDraft) : []
}

function sumOver(pools: readonly Draft[], field: string): number {
  return pools.reduce((sum, pool) => sum + Number(pool[field] ?? 0), 0)
}

function poolStatusText(object: Draft): string {
  const total = Number(statusOf(object)['poolCount'] ?? 0)
  const found = poolsOf(object).length
  if (conditionOf(object, 'Complete')?.['status'] === 'True') {
    return total > found ? `Complete (${found}/${total} pools)` : 'Complete'
  }
  return conditionOf(object, 'Failed')?.['status'] === 'True' ? 'Failed' : 'Pending'
}

function podGroupText(object: Draft): string {
  const target = conditionOf(object, 'DisruptionTarget')
  if (target) return textOf(target['reason'])
  const scheduled = conditionOf(object, 'PodGroupScheduled')
  if (!scheduled) return 'Pending'
  return scheduled['status'] === 'True' ? 'Scheduled' : 'Unschedulable'
}
