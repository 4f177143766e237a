// The body of a request to one of the API server's own resources: JSON, YAML or protobuf.

import { type DecodeTarget, decodeBody, type ProtobufReader } from '../../api/decode.ts'
import { apiVersionOf } from '../../api/kinds.ts'
import { StatusError } from '../../api/status-error.ts'
import { methodNotAllowed } from '../answer.ts'
import { headerOf } from '../chain-request.ts'
import type { Admit } from '../registry/admit.ts'
import type { ServerRequest } from '../request.ts'
import { addWarnings } from '../shown-warnings.ts'

export type ObjectReader = <T>(request: ServerRequest, target: DecodeTarget) => Promise<T>

/** Reads what is POSTed, as admission leaves it; anything but POST is refused. */
export function objectReader(readProtobuf: ProtobufReader, admit: Admit): ObjectReader {
  return async (request, target) => {
    if (request.method !== 'POST') throw methodNotAllowed()
    const asked = request.query.get('fieldValidation')
    const fieldValidation = asked === 'Strict' || asked === 'Ignore' ? asked : 'Warn'
    const bytes = await request.body()
    const options = { fieldValidation, readProtobuf } as const
    const { object, warnings } = decodeBody(
      target,
      bytes,
      headerOf(request, 'content-type'),
      options,
    )
    addWarnings(request, warnings)
    checkType(object, target)
    const typed = { kind: target.kind, apiVersion: apiVersionOf(target) }
    const admitted = Object.assign(object, { ...typed, ...object })
    await admit(request, { operation: 'CREATE', object: admitted })
    // decodeBody has brought the object into the form of its kind's type.
    return object as never
  }
}

function checkType(object: Readonly<Record<string, unknown>>, target: DecodeTarget): void {
  const wanted = `${apiVersionOf(target)}, Kind=${target.kind}`
  const sent = `${object['apiVersion']}, Kind=${object['kind']}`
  if (object['kind'] !== undefined && sent !== wanted)
    throw new StatusError(
      'BadRequest',
      `${target.kind} in version "${target.version}" cannot be handled as a ${target.kind}: expected ${wanted}, got ${sent}`,
    )
}
