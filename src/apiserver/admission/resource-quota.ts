// ResourceQuota: what a namespace may use. Runs last; what it lets pass it has counted in the
// quota's status, which the quota controller sets right again whenever something goes.

import { addQuantities, compareQuantities } from '../../api/quantity.ts'
import { matchesScopes } from '../../api/quota/scopes.ts'
import { missingConstraints, type Usage, usageOf } from '../../api/quota/usage.ts'
import type { ResourceQuota } from '../../api/types.gen.ts'
import { type AdmissionPlugin, type AdmissionRequest, refusal } from './admission.ts'

export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  handles: ({ operation, subresource, namespace, resource }) =>
    namespace !== '' &&
    (subresource === '' || (subresource === 'resize' && operation === 'UPDATE')) &&
    resource.entry.namespaced &&
    (operation === 'CREATE' || operation === 'UPDATE'),
  async validate(request, { cluster }) {
    const quotas = await cluster.list('ResourceQuota', request.namespace)
    if (quotas.length === 0) return
    const added = addedUsage(request)
    for (const quota of quotas) {
      if (!matchesScopes(quota, request.resource.entry, request.object ?? {})) continue
      assertConstraints(request, quota)
      const counted = relevant(added, quota)
      if (Object.keys(counted).length === 0) continue
      const { name } = quota.metadata
      if (request.isDryRun) withUsage(request, quota, counted)
      else {
        await cluster.change('ResourceQuota', { namespace: request.namespace, name }, (current) =>
          withUsage(request, current, counted),
        )
      }
    }
  },
}

/** What the write adds: everything of a new object, only the growth of a changed one. */
function addedUsage(request: AdmissionRequest): Usage {
  const { resource, object, old, operation } = request
  const next = usageOf(resource.entry, object ?? {})
  if (operation === 'CREATE' || !old) return next
  const before = usageOf(resource.entry, old)
  const grown = Object.entries(next).flatMap(([name, amount]) => {
    const was = before[name] ?? '0'
    return compareQuantities(amount, was) > 0 ? [[name, difference(amount, was)]] : []
  })
  return Object.fromEntries(grown)
}

function difference(amount: string, was: string): string {
  return addQuantities(amount, was.startsWith('-') ? was.slice(1) : `-${was}`)
}

function relevant(usage: Usage, { spec }: ResourceQuota): Usage {
  const hard = spec?.hard ?? {}
  return Object.fromEntries(
    Object.entries(usage).filter(
      ([name, amount]) => hard[name] !== undefined && compareQuantities(amount, '0') > 0,
    ),
  )
}

function assertConstraints(request: AdmissionRequest, quota: ResourceQuota): void {
  if (request.operation !== 'CREATE') return
  const missing = missingConstraints(
    request.resource.entry,
    request.object ?? {},
    Object.keys(quota.spec?.hard ?? {}),
  )
  if (missing.length > 0) {
    throw refusal(
      request,
      `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`,
    )
  }
}

/** The quota with the usage added to its status; throws Forbidden when that is too much. */
function withUsage(request: AdmissionRequest, quota: ResourceQuota, added: Usage): ResourceQuota {
  const hard = quota.status?.hard ?? quota.spec?.hard ?? {}
  const used = quota.status?.used ?? {}
  const after: Usage = Object.fromEntries(
    Object.entries(added).map(([name, amount]) => [name, addQuantities(used[name] ?? '0', amount)]),
  )
  const exceeded = Object.keys(after)
    .filter((name) => compareQuantities(after[name] ?? '0', hard[name] ?? '0') > 0)
    .toSorted()
  if (exceeded.length > 0) {
    const text = (amounts: Usage) =>
      exceeded.map((name) => `${name}=${amounts[name] ?? '0'}`).join(',')
    throw refusal(
      request,
      `exceeded quota: ${quota.metadata.name}, requested: ${text(added)}, used: ${text(used)}, limited: ${text(hard)}`,
    )
  }
  return { ...quota, status: { ...quota.status, hard, used: { ...used, ...after } } }
}
