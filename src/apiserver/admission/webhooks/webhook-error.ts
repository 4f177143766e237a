// How a write fails because of a webhook, in upstream's words.

import { StatusError, type StatusReason } from '../../../api/status-error.ts'
import type { Status } from '../../../api/types.gen.ts'

/** A refusal carries the code and reason that the webhook chose. */
export class WebhookDenial extends StatusError {
  override readonly code: number
  readonly #status: Status

  constructor(status: Status, code: number) {
    super('Forbidden', status.message ?? '')
    this.code = code
    this.#status = { ...status, code }
  }

  override toStatus(): Status {
    return this.#status
  }
}

export interface DenialStatus {
  readonly message?: string
  readonly reason?: string
  readonly code?: number
  readonly details?: Status['details']
}

export function denial(webhook: string, result: DenialStatus = {}): WebhookDenial {
  const start = `admission webhook ${JSON.stringify(webhook)} denied the request`
  const why = result.message || result.reason
  const code = result.code && result.code >= 400 ? result.code : 400
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: why ? `${start}: ${why}` : `${start} without explanation`,
    ...(result.reason && { reason: result.reason as StatusReason }),
    ...(result.details && { details: result.details }),
    code,
  } as const
  return new WebhookDenial(status, code)
}

export class CallFailure extends Error {}

export function callingFailed(webhook: string, failure: CallFailure): StatusError {
  const message = `failed calling webhook ${JSON.stringify(webhook)}: ${failure.message}`
  return new StatusError('InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  })
}

export function noDryRun(webhook: string): StatusError {
  return new StatusError(
    'BadRequest',
    `admission webhook ${JSON.stringify(webhook)} does not support dry run`,
  )
}
