// How a webhook is reached: its URL, or its Service with a path. Words: upstream's.

import { type FieldError, invalid, required } from '../field-error.ts'
import { when } from './checks.ts'
import { child } from './field-path.ts'
import { dnsSubdomainProblems } from './names.ts'

const form = '; desired format: https://host[/path]'

export function webhookUrlErrors(text: string, path: string): FieldError[] {
  const [, scheme = '', authority = '', , query = '', fragment = ''] =
    /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(
      text,
    ) ?? []
  if (/[\x00-\x20\x7f]/.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) {
    const why = `parse ${JSON.stringify(text)}: invalid character in URL`
    return [required(path, `url must be a valid URL: ${why}${form}`)]
  }
  const [host = '', user] = authority.split('@').toReversed()
  return [
    ...when(
      scheme !== 'https',
      invalid(path, scheme, `'https' is the only allowed URL scheme${form}`),
    ),
    ...when(host === '', invalid(path, host, `host must be specified${form}`)),
    ...when(
      user !== undefined,
      invalid(path, user, 'user information is not permitted in the URL'),
    ),
    ...when(fragment !== '', invalid(path, fragment, 'fragments are not permitted in the URL')),
    ...when(query !== '', invalid(path, query, 'query parameters are not permitted in the URL')),
  ]
}

export interface WebhookService {
  readonly name?: string | undefined
  readonly namespace?: string | undefined
  readonly path?: string | undefined
  readonly port?: number | undefined
}

const mostPort = 65535

export function webhookServiceErrors(service: WebhookService, place: string): FieldError[] {
  const { name, namespace, path, port = 443 } = service
  return [
    ...when(!name, required(child(place, 'name'))),
    ...when(!namespace, required(child(place, 'namespace'))),
    ...when(
      port < 1 || port > mostPort,
      invalid(
        child(place, 'port'),
        port,
        `port is not valid: must be between 1 and ${mostPort}, inclusive`,
      ),
    ),
    ...pathErrors(path ?? '', child(place, 'path')),
  ]
}

function pathErrors(text: string, path: string): FieldError[] {
  if (text === '' || text === '/') return []
  if (text === '//') return [invalid(path, text, 'segment[0] may not be empty')]
  const steps = text.slice(1).replace(/\/$/, '').split('/')
  return [
    ...when(!text.startsWith('/'), invalid(path, text, "must start with a '/'")),
    ...steps.flatMap((step, index) => {
      if (step === '') return [invalid(path, text, `segment[${index}] may not be empty`)]
      return dnsSubdomainProblems(step).map((problem) =>
        invalid(path, text, `segment[${index}]: ${problem}`),
      )
    }),
  ]
}
