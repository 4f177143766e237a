// Codec: one audit event (audit.k8s.io/v1 Event) as a line of JSON, fields in upstream's order.

import type { StatusError } from '../../api/status-error.ts'
import type { RequestInfo, UserInfo } from '../request.ts'
import type { Level, Stage } from './policy.ts'

export interface ResponseStatus {
  readonly status?: string
  readonly message?: string
  readonly reason?: string
  readonly details?: object
  readonly code: number
}

export interface AuditEvent {
  readonly level: Level
  readonly auditId: string
  readonly stage: Stage
  readonly requestUri: string
  readonly verb: string
  readonly user: UserInfo | undefined
  readonly impersonatedUser: UserInfo | undefined
  readonly sourceIps: readonly string[]
  readonly userAgent: string
  readonly objectRef: ObjectRef | undefined
  readonly responseStatus: ResponseStatus | undefined
  /** JSON texts. */
  readonly requestObject: string | undefined
  readonly responseObject: string | undefined
  readonly receivedAt: Date
  readonly stageAt: Date
  readonly annotations: ReadonlyMap<string, string>
}

export interface ObjectRef {
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly uid?: string | undefined
  readonly apiGroup: string
  readonly apiVersion: string
  readonly resourceVersion?: string | undefined
  readonly subresource: string
}

export function eventLine(event: AuditEvent): string {
  const { requestObject, responseObject, annotations } = event
  const head = JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: event.level,
    auditID: event.auditId,
    stage: event.stage,
    requestURI: event.requestUri,
    verb: event.verb,
    user: userFields(event.user),
    impersonatedUser: event.impersonatedUser && userFields(event.impersonatedUser),
    sourceIPs: event.sourceIps.length > 0 ? event.sourceIps : undefined,
    userAgent: event.userAgent || undefined,
    objectRef: event.objectRef && withoutEmpty(event.objectRef),
    responseStatus: event.responseStatus && { metadata: {}, ...event.responseStatus },
  })
  const tail = JSON.stringify({
    requestReceivedTimestamp: microTime(event.receivedAt),
    stageTimestamp: microTime(event.stageAt),
    annotations: annotations.size > 0 ? Object.fromEntries(annotations) : undefined,
  })
  const objects = [
    ...(requestObject ? [`"requestObject":${requestObject},`] : []),
    ...(responseObject ? [`"responseObject":${responseObject},`] : []),
  ]
  return `${head.slice(0, -1)},${objects.join('')}${tail.slice(1)}\n`
}

function userFields(user: UserInfo | undefined): object {
  if (!user) return {}
  const { name, uid, groups, extra } = user
  return {
    username: name,
    ...(uid && { uid }),
    ...(groups.length > 0 && { groups }),
    ...(extra && Object.keys(extra).length > 0 && { extra }),
  }
}

function withoutEmpty(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value))
}

/** Six digits below the second, as metav1.MicroTime. */
function microTime(at: Date): string {
  return `${at.toISOString().slice(0, -1)}000Z`
}

export function objectRefOf(info: RequestInfo): ObjectRef | undefined {
  if (!info.isResourceRequest) return undefined
  const { resource, namespace, name, group, version, subresource } = info
  return { resource, namespace, name, apiGroup: group, apiVersion: version, subresource }
}

export function statusOfError(error: StatusError): ResponseStatus {
  const { status, message, reason, details, code } = error.toStatus()
  return {
    ...(status && { status }),
    ...(message && { message }),
    ...(reason && { reason }),
    ...(details && { details }),
    code: code ?? error.code,
  }
}
