// The failures the registry answers with, in apimachinery's words.

import { StatusError, type StatusReason } from '../../api/status-error.ts'
import type { Status, StatusCause } from '../../api/types.gen.ts'

/** Names a resource in messages: pods, deployments.apps. */
export interface GroupResource {
  readonly group: string
  readonly plural: string
}

export function qualifiedName({ group, plural }: GroupResource): string {
  return group ? `${plural}.${group}` : plural
}

function about({ group, plural }: GroupResource, name: string) {
  return { ...(name && { name }), ...(group && { group }), kind: plural }
}

function failure(reason: StatusReason, resource: GroupResource, name: string, what: string) {
  const message = `${qualifiedName(resource)} ${JSON.stringify(name)} ${what}`
  return new StatusError(reason, message, about(resource, name))
}

export const notFound = (resource: GroupResource, name: string): StatusError =>
  failure('NotFound', resource, name, 'not found')

export const alreadyExists = (resource: GroupResource, name: string): StatusError =>
  failure('AlreadyExists', resource, name, 'already exists')

export const forbidden = (
  resource: GroupResource,
  name: string,
  why: string,
  causes?: readonly StatusCause[],
): StatusError =>
  new StatusError(
    'Forbidden',
    `${qualifiedName(resource)} ${JSON.stringify(name)} is forbidden: ${why}`,
    { ...about(resource, name), ...(causes && { causes }) },
  )

export const conflict = (resource: GroupResource, name: string, why: string): StatusError =>
  new StatusError(
    'Conflict',
    `Operation cannot be fulfilled on ${qualifiedName(resource)} ${JSON.stringify(name)}: ${why}`,
    about(resource, name),
  )

export const modifiedMessage =
  'the object has been modified; please apply your changes to the latest version and try again'

/** What a failed uid or resourceVersion check says; upstream shows its storage error. */
export function preconditionFailed(
  resource: GroupResource,
  at: { readonly name: string; readonly key: string },
  what: string,
): StatusError {
  const why =
    `StorageError: invalid object, Code: 4, Key: ${at.key}, ResourceVersion: 0, ` +
    `AdditionalErrorMsg: Precondition failed: ${what}`
  return conflict(resource, at.name, why)
}

/** A PUT without a version of a kind that wants one; Go shows the unsigned zero in hexadecimal. */
export function versionRequired(resource: GroupResource, name: string): StatusError {
  const message = 'Invalid value: 0x0: must be specified for an update'
  const field = 'metadata.resourceVersion'
  return new StatusError(
    'Invalid',
    `${qualifiedName(resource)} ${JSON.stringify(name)} is invalid: ${field}: ${message}`,
    { ...about(resource, name), causes: [{ reason: 'FieldValueInvalid', message, field }] },
  )
}

export function generatedNameConflict(resource: GroupResource, name: string): StatusError {
  return new StatusError(
    'AlreadyExists',
    `${qualifiedName(resource)} ${JSON.stringify(name)} already exists, ` +
      'the server was not able to generate a unique name for the object',
    { ...about(resource, name), retryAfterSeconds: 1 },
  )
}

export const badRequest = (message: string): StatusError => new StatusError('BadRequest', message)

export const methodNotSupported = (resource: GroupResource, verb: string): StatusError =>
  new StatusError(
    'MethodNotAllowed',
    `${verb} is not supported on resources of kind "${qualifiedName(resource)}"`,
    { ...(resource.group && { group: resource.group }), kind: resource.plural },
  )

/** The path is served, but not by this method. */
export const methodNotRouted = (): StatusError =>
  new StatusError(
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  )

/** The path names nothing that is served. */
export const unknownResource = (): StatusError =>
  new StatusError('NotFound', 'the server could not find the requested resource', {})

export const notAcceptable = (accepted: readonly string[]): StatusError =>
  new StatusError(
    'NotAcceptable',
    `only the following media types are accepted: ${accepted.join(', ')}`,
  )

export const unsupportedMediaType = (accepted: readonly string[]): StatusError =>
  new StatusError(
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: ' +
      accepted.join(', '),
  )

export function tooLargeResourceVersion(asked: number, current: number): StatusError {
  const text = 'Too large resource version'
  return new StatusError('Timeout', `Timeout: ${text}: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: text }],
    retryAfterSeconds: 1,
  })
}

/** 410 with, for a list in pages, a token with which the client may go on inconsistently. */
export class Expired extends StatusError {
  readonly continueToken: string | undefined

  constructor(message: string, continueToken?: string) {
    super('Expired', message)
    this.continueToken = continueToken
  }

  override toStatus(): Status {
    const status = super.toStatus()
    const { continueToken } = this
    return continueToken ? { ...status, metadata: { continue: continueToken } } : status
  }
}
