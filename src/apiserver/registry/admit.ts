// Admission for what is asked but not kept as it is: bindings, evictions, scales, tokens, reviews and
// connections. And writes of the server's own, which nobody is asked about again.

import type { Draft } from '../../api/draft.ts'
import type { Admission, AdmissionRequest, Operation } from '../admission/admission.ts'
import type { ServerRequest } from '../request.ts'
import type { ApiObject } from './api-object.ts'
import type { Resource } from './resource.ts'
import { admissionRequest, type Write, type WriteContext } from './write.ts'

export interface Admitted {
  readonly operation: Operation
  /** Changed in place. */
  readonly object: Draft
  readonly old?: ApiObject
}

/** Throws what a plugin, a webhook or a policy has against it. */
export async function admitObject(
  { admission }: WriteContext,
  write: Write,
  { operation, object, old }: Admitted,
): Promise<void> {
  await admitRequest(admission, admissionRequest(write, operation, { object, ...(old && { old }) }))
}

async function admitRequest(admission: Admission, request: AdmissionRequest): Promise<void> {
  await admission.mutate(request)
  await admission.validate(request)
}

/** For requests that the registry does not answer itself. */
export type Admit = (request: ServerRequest, about: Admitted) => Promise<void>

export function admitter(
  admission: Admission,
  resourceOf: (request: ServerRequest) => Resource | undefined,
): Admit {
  return async (request, { operation, object, old }) => {
    const resource = resourceOf(request)
    if (!resource) return
    const { info, warnings, query, audit } = request
    await admitRequest(admission, {
      ...{ operation, resource, object, old, warnings },
      verb: info.verb,
      subresource: info.subresource,
      namespace: resource.entry.namespaced ? info.namespace : '',
      name: info.name,
      user: request.user ?? { name: 'system:anonymous', groups: ['system:unauthenticated'] },
      isDryRun: query.getAll('dryRun').includes('All'),
      ...(audit && { annotate: (key, value) => audit.annotate(key, value) }),
    })
  }
}

const noAdmission: Admission = { mutate: async () => {}, validate: async () => {} }

/** For writes that follow from one that was admitted. */
export function admittedAlready(context: WriteContext): WriteContext {
  return { ...context, admission: noAdmission }
}
