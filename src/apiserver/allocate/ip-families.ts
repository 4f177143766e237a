// Address families of a Service: what its policy, its families and its addresses say together, and
// what of it follows for those that are not given. Pure: the spec is completed in place.

import { type FieldError, invalid } from '../../api/field-error.ts'
import { type Family, familyOf } from '../../api/validation/ip.ts'
import { serviceAddressErrors } from '../../api/validation/service.ts'
import { isSameList, type ServiceSpecDraft } from './service-fields.ts'

/** `families` are those of the cluster, its own first. Nothing is completed where there are errors. */
export function settleFamilies(
  spec: ServiceSpecDraft,
  old: ServiceSpecDraft | undefined,
  families: readonly Family[],
): FieldError[] {
  if (spec.type === 'ExternalName' || (old && isUntouchedPreference(spec, old))) return []
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? defaultPolicy(spec)
  const malformed = serviceAddressErrors(spec)
  if (malformed.length > 0) return malformed
  const errors = [
    ...(old ? reductionErrors(spec, old) : []),
    ...policyErrors(spec),
    ...inferFamilies(spec, families),
  ]
  if (errors.length > 0) return errors
  return isAnyFamily(spec) ? settleAny(spec, families) : settleGiven(spec, families)
}

/** Such a Service never gains or loses an address because the cluster gained or lost a family. */
export function isUntouchedPreference(spec: ServiceSpecDraft, old: ServiceSpecDraft): boolean {
  const prefers = 'PreferDualStack'
  return (
    spec.type === old.type &&
    spec.type !== 'ExternalName' &&
    spec.ipFamilyPolicy === prefers &&
    (old.ipFamilyPolicy ?? prefers) === prefers &&
    isSameList(spec.clusterIPs, old.clusterIPs) &&
    isSameList(spec.ipFamilies, old.ipFamilies)
  )
}

function defaultPolicy(spec: ServiceSpecDraft): 'RequireDualStack' | 'SingleStack' {
  return isAnyFamily(spec) ? 'RequireDualStack' : 'SingleStack'
}

/** Headless and without a selector: nobody knows of which families its endpoints will be. */
function isAnyFamily({ clusterIP, selector }: ServiceSpecDraft): boolean {
  return clusterIP === 'None' && Object.keys(selector ?? {}).length === 0
}

/** A second address or family is given up by asking for a single stack, and only so. */
function reductionErrors(spec: ServiceSpecDraft, old: ServiceSpecDraft): FieldError[] {
  const { clusterIPs = [], ipFamilies = [] } = spec
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (isSameList(clusterIPs, old.clusterIPs)) spec.clusterIPs = clusterIPs.slice(0, 1)
    if (isSameList(ipFamilies, old.ipFamilies)) spec.ipFamilies = ipFamilies.slice(0, 1)
    return []
  }
  const isReduced = (next: readonly unknown[], before: readonly unknown[] = []) =>
    next.length > 0 && next.length < before.length
  const error = (what: string) =>
    policyError(spec, `must be 'SingleStack' to release the secondary ${what}`)
  return [
    ...(isReduced(clusterIPs, old.clusterIPs) ? [error('cluster IP')] : []),
    ...(isReduced(ipFamilies, old.ipFamilies) ? [error('IP family')] : []),
  ]
}

function policyErrors(spec: ServiceSpecDraft): FieldError[] {
  if (spec.ipFamilyPolicy !== 'SingleStack') return []
  const error = (what: string) =>
    policyError(
      spec,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    )
  return [
    ...(spec.clusterIPs?.length === 2 ? [error('cluster IPs')] : []),
    ...(spec.ipFamilies?.length === 2 ? [error('IP families')] : []),
  ]
}

/** Adds the family of each address that has none yet. */
function inferFamilies(spec: ServiceSpecDraft, families: readonly Family[]): FieldError[] {
  const { clusterIPs = [] } = spec
  const found = [...(spec.ipFamilies ?? [])]
  for (const [index, address] of clusterIPs.entries()) {
    if (address === 'None') break
    const family = familyOf(address)
    if (index < found.length || !family) continue
    if (!families.includes(family)) {
      const detail = `${family} is not configured on this cluster`
      return [invalid(`spec.clusterIPs[${index}]`, clusterIPs, detail)]
    }
    found.push(family)
  }
  if (found.length > 0) spec.ipFamilies = found
  return []
}

function settleAny(spec: ServiceSpecDraft, families: readonly Family[]): [] {
  const [first = families[0] ?? 'IPv4'] = spec.ipFamilies ?? []
  if ((spec.ipFamilies?.length ?? 0) < 2) {
    const isSingle = spec.ipFamilyPolicy === 'SingleStack'
    spec.ipFamilies = isSingle ? [first] : [first, otherFamily(first)]
  }
  return []
}

function settleGiven(spec: ServiceSpecDraft, families: readonly Family[]): FieldError[] {
  const { ipFamilyPolicy, ipFamilies = [] } = spec
  const isDual = families.length === 2
  const errors = ipFamilies.flatMap((family, index) =>
    families.includes(family as Family)
      ? []
      : [invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster')],
  )
  if (ipFamilyPolicy === 'RequireDualStack' && !isDual) {
    errors.unshift(policyError(spec, 'this cluster is not configured for dual-stack services'))
  }
  if (errors.length > 0) return errors
  const [first = families[0] ?? 'IPv4'] = ipFamilies
  const wantsBoth = ipFamilyPolicy !== 'SingleStack' && isDual && ipFamilies.length < 2
  if (wantsBoth) spec.ipFamilies = [first, otherFamily(first)]
  else if (ipFamilies.length === 0) spec.ipFamilies = [first]
  return []
}

function policyError({ ipFamilyPolicy }: ServiceSpecDraft, detail: string): FieldError {
  return invalid('spec.ipFamilyPolicy', ipFamilyPolicy, detail)
}

function otherFamily(family: string): Family {
  return family === 'IPv4' ? 'IPv6' : 'IPv4'
}
