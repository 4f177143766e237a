// The request as the chain sees it: authentication and impersonation settle who is asking.

import { StatusError } from '../api/status-error.ts'
import type { AuditRecord } from './audit/audit-record.ts'
import type { ServerRequest, ServerResponse, UserInfo } from './request.ts'

export interface ChainRequest extends ServerRequest {
  user: UserInfo | undefined
  audit?: AuditRecord | undefined
  auditId?: string | undefined
  /** Answered whatever the answer is. */
  answerHeaders?: Readonly<Record<string, string>> | undefined
}

export type ChainHandler = (request: ChainRequest) => Promise<ServerResponse>

/** Any handler behind authentication: the user is known. */
export type RequestHandler = (request: ServerRequest) => Promise<ServerResponse>

/** One value of a header; the first where it was sent more than once. */
export function headerOf(request: ServerRequest, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : value?.[0]
}

export function headersOf(request: ServerRequest, name: string): readonly string[] {
  const value = request.headers[name]
  return typeof value === 'string' ? [value] : (value ?? [])
}

export function userOf(request: ServerRequest): UserInfo {
  if (!request.user) throw new StatusError('Unauthorized', 'Unauthorized')
  return request.user
}
