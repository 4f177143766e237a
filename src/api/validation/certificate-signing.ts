// Requests for certificates. That a request is well formed and signed is checked where it comes in.

import { type DraftOf, isSameMeaning } from '../draft.ts'
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../field-error.ts'
import type { CertificateSigningRequest } from '../types.gen.ts'
import { each, repeatedOf, when } from './checks.ts'
import { at, child } from './field-path.ts'
import { dnsLabelProblems, dnsSubdomainProblems } from './names.ts'

type Request = DraftOf<CertificateSigningRequest>

const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]

export function signingRequestErrors({ spec = {}, status }: Request): FieldError[] {
  const { expirationSeconds: seconds, signerName = '' } = spec
  const wanted: readonly string[] = spec.usages ?? []
  const legacy = 'the legacy signerName is not allowed via this API version'
  return [
    ...when(wanted.length === 0, required('spec.usages')),
    ...each(wanted, 'spec.usages', (usage, place) =>
      when(!usages.includes(usage), notSupported(place, usage, usages)),
    ),
    ...repeatedOf(wanted, (usage) => usage).map(({ element, index }) =>
      duplicate(at('spec.usages', index), element),
    ),
    ...(signerName === 'kubernetes.io/legacy-unknown'
      ? [invalid('spec.signerName', signerName, legacy)]
      : signerNameErrors(signerName, 'spec.signerName')),
    ...when(
      seconds !== undefined && seconds < 600,
      invalid(
        'spec.expirationSeconds',
        seconds,
        'may not specify a duration less than 600 seconds (10 minutes)',
      ),
    ),
    ...conditionsErrors(status?.conditions ?? [], 'status.conditions'),
  ]
}

const domainLimit = 253
/** A domain, a slash, and room for a namespace and a name with a dot between them. */
const signerLimit = domainLimit + 1 + 63 + 1 + 253

/** `example.com/signer-name`. */
function signerNameErrors(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  const [domain = '', rest = '', ...more] = name.split('/')
  if (!name.includes('/') || more.length > 0) {
    const form = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
    return [invalid(path, name, form)]
  }
  const labels = domain.split('.')
  return [
    ...when(domain.length > domainLimit, tooLong(path, domainLimit)),
    ...labelErrors(labels, dnsLabelProblems).map((detail) => invalid(path, domain, detail)),
    ...when(
      labels.length < 2,
      invalid(path, domain, 'should be a domain with at least two segments separated by dots'),
    ),
    ...labelErrors(rest.split('.'), dnsSubdomainProblems).map((detail) =>
      invalid(path, rest, detail),
    ),
    ...when(name.length > signerLimit, tooLong(path, signerLimit)),
  ]
}

/** What is wrong with the first of them that is not well formed. */
function labelErrors(
  labels: readonly string[],
  problemsOf: (label: string) => readonly string[],
): readonly string[] {
  const wrong = labels.find((label) => problemsOf(label).length > 0)
  if (wrong === undefined) return []
  return problemsOf(wrong).map((problem) => `validating label ${JSON.stringify(wrong)}: ${problem}`)
}

type Conditions = NonNullable<NonNullable<Request['status']>['conditions']>

/** Conditions that are there because they are true, or are not there. */
const verdicts = ['Approved', 'Denied', 'Failed']

function conditionsErrors(conditions: Conditions, path: string): FieldError[] {
  const opposite: Readonly<Record<string, string>> = { Approved: 'Denied', Denied: 'Approved' }
  return [
    ...each(conditions, path, ({ type = '', status = '' }, place, index) => {
      const allowed = verdicts.includes(type) ? ['True'] : ['False', 'True', 'Unknown']
      const earlier = conditions.slice(0, index)
      const isBoth = earlier.some((other) => other.type === opposite[type])
      const statusPath = child(place, 'status')
      const exclusive = 'Approved and Denied conditions are mutually exclusive'
      return [
        ...when(type === '', required(child(place, 'type'))),
        ...(status === ''
          ? [required(statusPath)]
          : when(!allowed.includes(status), notSupported(statusPath, status, allowed))),
        ...when(isBoth, invalid(child(place, 'type'), type, exclusive)),
      ]
    }),
    ...repeatedOf(conditions, ({ type }) => type).map(({ element, index }) =>
      duplicate(child(at(path, index), 'type'), element.type),
    ),
  ]
}

/** What a status or an approval may do to conditions that are there. */
export function verdictUpdateErrors(next: Request, previous: Request): FieldError[] {
  return verdicts.flatMap((type) =>
    when(
      conditionsOf(next, type).length < conditionsOf(previous, type).length,
      forbidden('status.conditions', `updates may not remove a condition of type "${type}"`),
    ),
  )
}

export function signingStatusErrors(next: Request, previous: Request): FieldError[] {
  const { certificate } = next.status ?? {}
  const before = previous.status?.certificate
  const isReplaced = Boolean(before) && certificate !== before
  const given = ['Approved', 'Denied'].filter(
    (type) => !isSameMeaning(conditionsOf(next, type), conditionsOf(previous, type)),
  )
  return [
    ...signingRequestErrors(next),
    ...verdictUpdateErrors(next, previous),
    ...given
      .filter((type) => conditionsOf(next, type).length > conditionsOf(previous, type).length)
      .map((type) =>
        forbidden('status.conditions', `updates may not add a condition of type "${type}"`),
      ),
    ...when(
      isReplaced,
      forbidden('status.certificate', 'updates may not modify existing certificate content'),
    ),
    ...(certificate && certificate !== before ? certificateErrors(certificate) : []),
  ]
}

export function approvalErrors(next: Request, previous: Request): FieldError[] {
  return [...signingRequestErrors(next), ...verdictUpdateErrors(next, previous)]
}

function conditionsOf({ status }: Request, type: string): Conditions {
  return (status?.conditions ?? []).filter((condition) => condition.type === type)
}

/** One or more certificates in PEM and nothing else. */
function certificateErrors(base64: string): FieldError[] {
  const text = Buffer.from(base64, 'base64').toString('latin1')
  const blocks = [...text.matchAll(/-----BEGIN ([^-]*)-----([^-]*)-----END \1-----/g)]
  const other = blocks.find(([, type]) => type !== 'CERTIFICATE')
  const problem =
    blocks.length === 0
      ? 'must contain at least one CERTIFICATE PEM block'
      : other && `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(other[1])}`
  const hasHeaders = blocks.some(([, , body = '']) => body.includes(':'))
  const detail = problem ?? (hasHeaders ? 'no PEM block headers are permitted' : undefined)
  return detail === undefined ? [] : [invalid('status.certificate', '<certificate data>', detail)]
}
