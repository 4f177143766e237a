// What only some may write of claims for devices: admin access in marked namespaces only, and of a
// status each part only with a right of its own: the scheduler's and the drivers'. Upstream does this
// in the registry of these kinds, after the object was mutated.

import {
  asDraft,
  childOf,
  type Draft,
  type DraftOf,
  draftAs,
  isSameMeaning,
} from '../../api/draft.ts'
import { type FieldError, forbidden as forbiddenField, toInvalid } from '../../api/field-error.ts'
import type {
  ResourceClaimStatus,
  ResourceClaimTemplate,
  ResourceResourceClaim,
} from '../../api/types.gen.ts'
import { forbidden } from '../filters/authorize.ts'
import type { Attributes } from '../rbac/rules.ts'
import {
  type AdmissionPlugin,
  type AdmissionRequest,
  type AdmissionSupport,
  isAbout,
} from './admission.ts'

type Status = DraftOf<ResourceClaimStatus>
interface Statuses {
  readonly next: Status
  readonly previous: Status
}

const group = 'resource.k8s.io'
const adminLabel = 'resource.kubernetes.io/admin-access'

export const deviceAccess: AdmissionPlugin = {
  name: 'DeviceAccess',
  handles: (request) =>
    request.operation === 'UPDATE'
      ? isAbout(request, group, 'resourceclaims', 'status')
      : request.operation === 'CREATE' &&
        (isAbout(request, group, 'resourceclaims') ||
          isAbout(request, group, 'resourceclaimtemplates')),
  async mutate(request, support) {
    const errors =
      request.operation === 'CREATE'
        ? await adminAccess(request, support, askedInSpec(request))
        : await statusErrors(request, support)
    if (errors.length > 0) throw toInvalid(request.resource.entry, request.name, errors)
  },
}

function askedInSpec({ object = {}, resource }: AdmissionRequest): string | undefined {
  const claim =
    resource.entry.plural === 'resourceclaims'
      ? draftAs<ResourceResourceClaim>(object).spec
      : draftAs<ResourceClaimTemplate>(object).spec?.spec
  const index = (claim?.devices?.requests ?? []).findIndex(({ exactly }) => exactly?.adminAccess)
  return index < 0 ? undefined : `spec.devices.requests[${index}].adminAccess`
}

function askedInStatus({ allocation }: Status): string | undefined {
  const results = allocation?.devices?.results ?? []
  const index = results.findIndex(({ adminAccess }) => adminAccess)
  return index < 0 ? undefined : `status.allocation.devices.results[${index}].adminAccess`
}

async function adminAccess(
  { namespace }: AdmissionRequest,
  { cluster }: AdmissionSupport,
  field: string | undefined,
): Promise<FieldError[]> {
  if (!field) return []
  const found = await cluster.get('Namespace', { name: namespace })
  if (found?.metadata.labels?.[adminLabel] === 'true') return []
  const wanted = `the \`${adminLabel}: true\` label on the containing namespace`
  return [forbiddenField(field, `admin access to devices requires ${wanted}`)]
}

async function statusErrors(
  request: AdmissionRequest,
  support: AdmissionSupport,
): Promise<FieldError[]> {
  const statusOf = (object: Draft) => draftAs<ResourceClaimStatus>(childOf(object, 'status'))
  const statuses = {
    next: statusOf(request.object ?? {}),
    previous: statusOf(asDraft(request.old ?? {})),
  }
  const isNewlyAdmin = !askedInStatus(statuses.previous)
  return [
    ...(await adminAccess(request, support, isNewlyAdmin ? askedInStatus(statuses.next) : '')),
    ...bindingErrors(request, support, statuses),
    ...driverErrors(request, support, statuses),
  ]
}

function bindingErrors(
  request: AdmissionRequest,
  support: AdmissionSupport,
  { next, previous }: Statuses,
): FieldError[] {
  const isSame =
    !next.allocation === !previous.allocation &&
    isSameMeaning(next.allocation, previous.allocation) &&
    isSameMeaning(next.reservedFor, previous.reservedFor)
  if (isSame) return []
  const { verb } = request
  const asked = { ...about(request, 'binding'), verb, namespace: '', name: '' }
  const denied = deniedText(request, support, asked)
  if (!denied) return []
  const right = `resource="resourceclaims/binding", verb="${verb}" permission`
  const what = 'changing status.allocation or status.reservedFor'
  return [forbiddenField('status', `${what} requires ${right}: ${denied}`)]
}

function driverErrors(
  request: AdmissionRequest,
  support: AdmissionSupport,
  statuses: Statuses,
): FieldError[] {
  const node = nodeOf(statuses.next)
  const isNear = node !== undefined && isOnNode(request, node)
  const verbs = [
    ...(isNear ? [`associated-node:${request.verb}`] : []),
    `arbitrary-node:${request.verb}`,
  ]
  return changedDrivers(statuses).flatMap((name) => {
    const denied = verbs.map((verb) =>
      deniedText(request, support, { ...about(request, 'driver'), verb, name }),
    )
    if (denied.includes(undefined)) return []
    const right = `resource="resourceclaims/driver", verb="[${verbs.join(' ')}]" permission`
    const detail = `changing status.devices requires ${right}: ${denied[0]}`
    return [forbiddenField('status.devices', detail)]
  })
}

function about({ namespace }: AdmissionRequest, subresource: string) {
  return {
    group,
    resource: 'resourceclaims',
    subresource,
    namespace,
    isResourceRequest: true,
    path: '',
  }
}

function deniedText(
  { user }: AdmissionRequest,
  { authorize }: AdmissionSupport,
  asked: Attributes,
): string | undefined {
  const decision = authorize?.(user, asked)
  if (!decision || decision.allowed) return undefined
  return forbidden(user, asked, decision.reason).message
}

/** Of the devices whose state was added, changed or taken away; sorted. */
function changedDrivers({ next, previous }: Statuses): readonly string[] {
  const left = byDevice(next)
  const before = byDevice(previous)
  const keys = new Set([...left.keys(), ...before.keys()])
  const changed = [...keys].filter((key) => {
    const [now, then] = [left.get(key), before.get(key)]
    return !now || !then || !isSameMeaning(now, then)
  })
  const drivers = changed.map((key) => (left.get(key) ?? before.get(key))?.driver ?? '')
  return [...new Set(drivers)].sort()
}

function byDevice({ devices = [] }: Status) {
  return new Map(
    devices.map((one) => [JSON.stringify([one.driver, one.pool, one.device, one.shareID]), one]),
  )
}

/** The one node that an allocation names; undefined where it may be several. */
function nodeOf({ allocation }: Status): string | undefined {
  const [term, ...others] = allocation?.nodeSelector?.nodeSelectorTerms ?? []
  if (!term || others.length > 0 || (term.matchExpressions ?? []).length > 0) return undefined
  const [field, ...more] = term.matchFields ?? []
  const names = field?.values ?? []
  if (more.length > 0 || field?.key !== 'metadata.name' || field.operator !== 'In') return undefined
  return names.length === 1 ? names[0] : undefined
}

/** For ServiceAccounts whose token names the node it was given to. */
function isOnNode({ user }: AdmissionRequest, node: string): boolean {
  const names = user.extra?.['authentication.kubernetes.io/node-name'] ?? []
  const isAccount = user.name.startsWith('system:serviceaccount:')
  return isAccount && names.length === 1 && names[0] === node
}
