// Who writes a policy may read the objects it takes as parameters: expressions would tell of them
// otherwise. Upstream does this in the strategies of these kinds.

import { asDraft, isSameMeaning } from '../../../api/draft.ts'
import { forbidden, toInvalid } from '../../../api/field-error.ts'
import type { ParamKind, ParamRef } from '../../../api/types.gen.ts'
import { textAt, valueAt } from '../../registry/api-object.ts'
import type { UserInfo } from '../../request.ts'
import type { AdmissionPlugin, AdmissionRequest, AdmissionSupport } from '../admission.ts'
import { isExempt } from '../matching/rules.ts'

export const paramAccess: AdmissionPlugin = {
  name: 'ParamAccess',
  handles: (request) =>
    isExempt(request) &&
    (request.operation === 'CREATE' || request.operation === 'UPDATE') &&
    request.subresource === '' &&
    request.resource.entry.plural.includes('admissionpolic'),
  async validate(request, support) {
    const isBinding = request.resource.entry.kind.endsWith('Binding')
    const field = isBinding ? 'paramRef' : 'paramKind'
    const asked = valueAt(request.object, 'spec', field)
    if (!asked || isSameMeaning(asked, valueAt(request.old, 'spec', field))) return
    const problem = isBinding
      ? await refProblem(request, support)
      : kindProblem(asked as ParamKind, request, support)
    if (!problem) return
    const { resource, name } = request
    throw toInvalid(resource.entry, name, [forbidden(`spec.${field}`, problem)])
  },
}

interface Place {
  readonly group: string
  readonly plural: string
}

const everywhere: Place = { group: '*', plural: '*' }

function placeOf(kind: ParamKind | undefined, { lookUpKind }: AdmissionSupport): Place {
  const { apiVersion = '', kind: name = '' } = kind ?? {}
  const [first = '', second] = apiVersion.split('/')
  const found = kind && lookUpKind({ apiVersion, kind: name })
  if (!found) return kind ? { ...everywhere, group: second ? first : '' } : everywhere
  return found
}

function kindProblem(kind: ParamKind, { user }: AdmissionRequest, support: AdmissionSupport) {
  const { group, plural } = placeOf(kind, support)
  const asked = { verb: 'get', group, resource: plural, name: '*', namespace: '*' }
  if (may(user, asked, support)) return undefined
  return `user ${userText(user)} must have "get" permission on all objects of the referenced paramKind (kind=${kind.kind}, apiVersion=${kind.apiVersion})`
}

async function refProblem(request: AdmissionRequest, support: AdmissionSupport) {
  const { user, object, resource } = request
  const { name = '', namespace = '' } = asDraft(valueAt(object, 'spec', 'paramRef') as ParamRef)
  const policyKind = resource.entry.kind.startsWith('Mutating')
    ? 'MutatingAdmissionPolicy'
    : 'ValidatingAdmissionPolicy'
  const policyName = textAt(object, 'spec', 'policyName') ?? ''
  const policy = await support.cluster.get(policyKind, { name: policyName })
  const { group, plural } = placeOf(policy?.spec.paramKind, support)
  const verb = name ? 'get' : 'list'
  const asked = { verb, group, resource: plural, name: String(name), namespace: String(namespace) }
  if (may(user, asked, support)) return undefined
  return `user ${verb} does not have "${userText(user)}" permission on the object referenced by paramRef`
}

interface Asked {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly name: string
  readonly namespace: string
}

/** Where nobody is asked, nobody is kept from it. */
function may(user: UserInfo, asked: Asked, { authorize }: AdmissionSupport): boolean {
  const more = { subresource: '', isResourceRequest: true, path: '' }
  return authorize ? authorize(user, { ...asked, ...more }).allowed : true
}

/** As Go prints a user. */
function userText({ name, uid = '', groups, extra = {} }: UserInfo): string {
  const entries = Object.entries(extra).map(([key, values]) => `${key}:[${values.join(' ')}]`)
  return `&{${name} ${uid} [${groups.join(' ')}] map[${entries.join(' ')}]}`
}
