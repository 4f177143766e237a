// How a policy refuses a request, in upstream's words.

import type { StatusError, StatusReason } from '../../../api/status-error.ts'
import type { Status } from '../../../api/types.gen.ts'
import { forbidden } from '../../registry/errors.ts'
import type { AdmissionRequest } from '../admission.ts'
import { WebhookDenial } from '../webhooks/webhook-error.ts'

const codes: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Unauthorized: 401,
  RequestEntityTooLarge: 413,
}

/** Reads as Forbidden, but carries the reason that the validation names. */
export function policyDenial(
  { resource, name }: AdmissionRequest,
  message: string,
  reason = 'Invalid',
): StatusError {
  const plain = forbidden(resource.entry, name, message, [{ message }]).toStatus()
  const code = codes[reason] ?? 422
  // Policies are validated to name one of a few reasons.
  const status: Status = { ...plain, reason: reason as StatusReason, code }
  return new WebhookDenial(status, code)
}
