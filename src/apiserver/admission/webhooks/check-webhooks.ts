// What is wrong with the webhooks of a configuration, beyond their expressions.

import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
} from '../../../api/field-error.ts'
import { listAt, textAt, valueAt } from '../../registry/api-object.ts'

const reviewVersions = ['v1', 'v1beta1']
const allowedSideEffects = ['None', 'NoneOnDryRun']
const mostTimeoutSeconds = 30

export function webhookErrors(object: unknown): FieldError[] {
  const webhooks = listAt(object, 'webhooks')
  const names = webhooks.map((webhook) => textAt(webhook, 'name') ?? '')
  return webhooks.flatMap((webhook, at) => [
    ...nameErrors(names, at),
    ...clientErrors(valueAt(webhook, 'clientConfig'), `webhooks[${at}].clientConfig`),
    ...promiseErrors(webhook, `webhooks[${at}]`),
  ])
}

function nameErrors(names: readonly string[], at: number): FieldError[] {
  const name = names[at] ?? ''
  const field = `webhooks[${at}].name`
  if (name === '') return [required(field)]
  if (names.indexOf(name) < at) return [duplicate(field, name)]
  if (name.split('.').length >= 3) return []
  return [invalid(field, name, 'should be a domain with at least three segments separated by dots')]
}

function clientErrors(config: unknown, field: string): FieldError[] {
  const url = textAt(config, 'url')
  const hasService = valueAt(config, 'service') !== undefined
  if ((url !== undefined) === hasService) {
    return [required(field, 'exactly one of url or service is required')]
  }
  if (url === undefined) return []
  const format = 'desired format: https://host[/path]'
  const parsed = URL.parse(url)
  const at = `${field}.url`
  if (!parsed) return [invalid(at, url, `url must be a valid URL; ${format}`)]
  if (parsed.protocol !== 'https:') {
    const scheme = parsed.protocol.slice(0, -1)
    return [invalid(at, scheme, `'https' is the only allowed URL scheme; ${format}`)]
  }
  return []
}

function promiseErrors(webhook: unknown, field: string): FieldError[] {
  const errors: FieldError[] = []
  const versions = valueAt(webhook, 'admissionReviewVersions')
  const named = Array.isArray(versions) ? versions : []
  const wanted = reviewVersions.join(', ')
  const at = `${field}.admissionReviewVersions`
  if (named.length === 0) errors.push(required(at, `must specify one of ${wanted}`))
  else if (!named.some((version) => reviewVersions.includes(version))) {
    errors.push(invalid(at, named, `must include at least one of ${wanted}`))
  }
  const sideEffects = textAt(webhook, 'sideEffects')
  if (sideEffects === undefined) {
    const what = `must specify one of ${allowedSideEffects.join(', ')}`
    errors.push(required(`${field}.sideEffects`, what))
  } else if (!allowedSideEffects.includes(sideEffects)) {
    errors.push(notSupported(`${field}.sideEffects`, sideEffects, allowedSideEffects))
  }
  const seconds = valueAt(webhook, 'timeoutSeconds')
  if (typeof seconds === 'number' && (seconds < 1 || seconds > mostTimeoutSeconds)) {
    const what = `the timeout value must be between 1 and ${mostTimeoutSeconds} seconds`
    errors.push(invalid(`${field}.timeoutSeconds`, seconds, what))
  }
  return errors
}
