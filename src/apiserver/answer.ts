// Answers in the forms nearly every handler gives: JSON, text, and an error as metav1.Status.

import { StatusError } from '../api/status-error.ts'
import type { ServerAnswer } from './request.ts'

const encoder = new TextEncoder()

export function jsonAnswer(status: number, value: unknown, isPretty = false): ServerAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: encoder.encode(`${JSON.stringify(value, undefined, isPretty ? 2 : 0)}\n`),
  }
}

export function textAnswer(status: number, text: string): ServerAnswer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: encoder.encode(text),
  }
}

export function statusAnswer(error: StatusError, isPretty = false): ServerAnswer {
  const answer = jsonAnswer(error.code, error.toStatus(), isPretty)
  const waitSeconds = error.details?.retryAfterSeconds
  if (waitSeconds === undefined) return answer
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(waitSeconds) } }
}

/** What upstream says of a path or resource that nobody serves. */
export function notServed(): StatusError {
  return new StatusError('NotFound', 'the server could not find the requested resource', {})
}

export function methodNotAllowed(): StatusError {
  return new StatusError(
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  )
}
