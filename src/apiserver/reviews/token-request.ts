// POST serviceaccounts/NAME/token: a token for an audience and a time, bound to an object if asked.

import { keyOf } from '../../api/meta.ts'
import { StatusError } from '../../api/status-error.ts'
import type { Pod, ServiceAccount, TokenRequest } from '../../api/types.gen.ts'
import {
  type Named,
  type PrivateClaims,
  serviceAccountUser,
} from '../auth/service-account-claims.ts'
import type { ServiceAccountTokens } from '../auth/service-account-tokens.ts'
import type { RequestHandler } from '../chain-request.ts'
import type { Reader } from '../reader.ts'
import type { ObjectReader } from './read-object.ts'
import { reviewAnswer } from './review-answer.ts'

export interface TokenRequestOptions {
  readonly tokens: ServiceAccountTokens
  readonly reader: Reader
  readonly read: ObjectReader
  readonly now: () => Date
  readonly uuid: () => string
}

const apiVersion = 'authentication.k8s.io/v1'
const target = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  def: 'io.k8s.api.authentication.v1.TokenRequest',
}
const defaultSeconds = 3600
const leastSeconds = 600
const mostSeconds = 2 ** 32
/** Pods' own tokens ask for this odd time; they get a year, so that clients that never read the file again keep working. */
const podTokenSeconds = 3607
const extendedSeconds = 365 * 24 * 3600

export function serveTokenRequest(options: TokenRequestOptions): RequestHandler {
  const { tokens, reader, read } = options
  return reviewAnswer(async (request) => {
    const { namespace, name } = request.info
    const asked = await read<TokenRequest>(request, target)
    const account = await reader.get('ServiceAccount', { namespace, name })
    if (!account) throw notFound('serviceaccounts', name)
    assertNames(asked, account)
    const seconds = checkedSeconds(asked.spec?.expirationSeconds ?? defaultSeconds, name)
    const audiences = asked.spec?.audiences ?? []
    const meantFor = audiences.length > 0 ? audiences : tokens.audiences
    const bound = await boundClaims(asked, { namespace, name }, reader)
    const iat = Math.floor(options.now().getTime() / 1000)
    const isExtended =
      bound.pod !== undefined &&
      seconds === podTokenSeconds &&
      meantFor.every((audience) => tokens.audiences.includes(audience))
    const claims = {
      aud: meantFor,
      exp: iat + (isExtended ? extendedSeconds : seconds),
      iat,
      iss: tokens.issuer,
      jti: options.uuid(),
      'kubernetes.io': {
        namespace,
        ...bound,
        serviceaccount: named(account),
        ...(isExtended && { warnafter: iat + seconds }),
      } satisfies PrivateClaims,
      nbf: iat,
      sub: serviceAccountUser(namespace, name),
    }
    return {
      kind: 'TokenRequest',
      apiVersion,
      metadata: { name, namespace, creationTimestamp: timeText(iat) },
      spec: { ...asked.spec, audiences: meantFor, expirationSeconds: seconds },
      // What the client is to know is the time it asked for, not the extension.
      status: { token: tokens.sign(claims), expirationTimestamp: timeText(iat + seconds) },
    }
  })
}

function timeText(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`
}

function checkedSeconds(seconds: number, name: string): number {
  if (seconds < leastSeconds)
    throw invalid(name, seconds, 'may not specify a duration less than 10 minutes')
  if (seconds > mostSeconds)
    throw invalid(name, seconds, 'may not specify a duration larger than 2^32 seconds')
  return seconds
}

function invalid(name: string, seconds: number, problem: string): StatusError {
  const field = 'spec.expirationSeconds'
  const message = `Invalid value: ${seconds}: ${problem}`
  const { group, kind } = target
  const text = `${kind}.${group} ${JSON.stringify(name)} is invalid: ${field}: ${message}`
  return new StatusError('Invalid', text, {
    name,
    group,
    kind,
    causes: [{ reason: 'FieldValueInvalid', message, field }],
  })
}

/** A request may say for which account it is meant: by name, and by uid. */
function assertNames({ metadata }: TokenRequest, { metadata: own }: ServiceAccount): void {
  const { name, namespace, uid } = metadata ?? {}
  if (name && name !== own.name)
    throw new StatusError(
      'BadRequest',
      `name on the URL (${own.name}) does not match the name in the object (${name})`,
    )
  if (namespace && namespace !== own.namespace)
    throw new StatusError(
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    )
  if (uid && uid !== own.uid)
    throw new StatusError(
      'Conflict',
      `Operation cannot be fulfilled on serviceaccounts ${JSON.stringify(own.name)}: the UID in the token request (${uid}) does not match the UID of the service account (${own.uid})`,
      { name: own.name, kind: 'serviceaccounts' },
    )
}

async function boundClaims(
  { spec }: TokenRequest,
  { namespace, name: account }: { readonly namespace: string; readonly name: string },
  reader: Reader,
): Promise<Pick<PrivateClaims, 'pod' | 'node' | 'secret'>> {
  const reference = spec?.boundObjectRef
  if (!reference) return {}
  const { kind, name = '', uid, apiVersion: version } = reference
  if (version !== 'v1' || (kind !== 'Pod' && kind !== 'Secret' && kind !== 'Node'))
    throw new StatusError(
      'BadRequest',
      `cannot bind token for serviceaccount to object of type ${version}, Kind=${kind}`,
    )
  const object = await reader.get(kind, kind === 'Node' ? { name } : { namespace, name })
  const resource = `${kind.toLowerCase()}s`
  if (!object) throw notFound(resource, name)
  if (object.kind === 'Pod' && object.spec.serviceAccountName !== account)
    throw new StatusError(
      'BadRequest',
      `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
    )
  if (uid && uid !== object.metadata.uid)
    throw new StatusError(
      'Conflict',
      `Operation cannot be fulfilled on ${resource} ${JSON.stringify(name)}: the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      { name, kind: resource },
    )
  if (kind === 'Secret') return { secret: named(object) }
  if (kind === 'Node') return { node: named(object) }
  const node = await nodeOf(object as Pod, reader)
  return { pod: named(object), ...(node && { node }) }
}

async function nodeOf({ spec }: Pod, reader: Reader): Promise<Named | undefined> {
  const node = spec.nodeName && (await reader.get('Node', { name: spec.nodeName }))
  return node ? named(node) : undefined
}

function named({ metadata }: Pick<ServiceAccount, 'metadata'>): Named {
  return { name: keyOf({ metadata }).name, uid: metadata.uid ?? '' }
}

function notFound(kind: string, name: string): StatusError {
  return new StatusError('NotFound', `${kind} ${JSON.stringify(name)} not found`, { name, kind })
}
