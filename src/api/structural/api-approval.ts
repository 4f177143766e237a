// Groups of the Kubernetes community need an approval in an annotation of the definition.
// Source: upstream's apihelpers.

import { type FieldError, invalid, required } from '../field-error.ts'
import type { Definition } from './definition-errors.ts'

export const approvalAnnotation = 'api-approved.kubernetes.io'

export type ApprovalState = 'invalid' | 'approved' | 'bypassed' | 'missing'

export interface Approval {
  readonly state: ApprovalState
  readonly reason: string
}

/** Undefined for groups that need none. */
export function approvalOf({ metadata, spec }: Definition): Approval | undefined {
  if (!/(?:^|\.)(?:k8s|kubernetes)\.io$/.test(spec?.group ?? '')) return undefined
  const text = String(metadata?.annotations?.[approvalAnnotation] ?? '')
  const wanted = `protected groups must have approval annotation "${approvalAnnotation}"`
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111'
  if (text === '') return { state: 'missing', reason: `${wanted}, ${see}` }
  if (text.startsWith('unapproved')) {
    return { state: 'bypassed', reason: `not approved: ${JSON.stringify(text)}` }
  }
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(text) && URL.canParse(text)) {
    return { state: 'approved', reason: `approved in ${text}` }
  }
  const either = 'with either a URL or a reason starting with "unapproved"'
  return { state: 'invalid', reason: `${wanted} ${either}, ${see}` }
}

/** What was wrong before may stay so. */
export function approvalErrors(next: Definition, previous?: Definition): FieldError[] {
  const approval = approvalOf(next)
  if (!approval || (previous && approvalOf(previous)?.state === approval.state)) return []
  const field = `metadata.annotations[${approvalAnnotation}]`
  const value = next.metadata?.annotations?.[approvalAnnotation]
  if (approval.state === 'missing') return [required(field, approval.reason)]
  if (approval.state === 'invalid') return [invalid(field, value, approval.reason)]
  return []
}
