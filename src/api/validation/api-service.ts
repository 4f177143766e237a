// APIServices: the name says the group and version, and only other servers have certificates.

import type { DraftOf } from '../draft.ts'
import { type FieldError, invalid, notSupported, required } from '../field-error.ts'
import type { APIService } from '../types.gen.ts'
import { each, when } from './checks.ts'
import { dns1035Problems, dnsSubdomainProblems } from './names.ts'

type Spec = NonNullable<DraftOf<APIService>['spec']>

export function apiServiceErrors({ metadata, spec = {} }: DraftOf<APIService>): FieldError[] {
  const { group = '', version = '' } = spec
  const name = metadata?.name ?? ''
  const wanted = `${version}.${group}`
  const problems = (path: string, value: string, texts: readonly string[]) =>
    texts.map((text) => invalid(path, value, text))
  return [
    ...when(
      name !== wanted,
      invalid(
        'metadata.name',
        name,
        `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`,
      ),
    ),
    ...when(
      group === '' && version !== 'v1',
      required('spec.group', 'only v1 may have an empty group and it better be legacy kube'),
    ),
    ...problems('spec.group', group, group === '' ? [] : dnsSubdomainProblems(group)),
    ...problems('spec.version', version, dns1035Problems(version)),
    ...rangeErrors('spec.groupPriorityMinimum', spec.groupPriorityMinimum ?? 0, 20_000),
    ...rangeErrors('spec.versionPriority', spec.versionPriority ?? 0, 1000),
    ...(spec.service ? remoteErrors(spec) : localErrors(spec)),
  ]
}

function rangeErrors(path: string, value: number, most: number): FieldError[] {
  const isFine = value > 0 && value <= most
  return when(!isFine, invalid(path, value, `must be positive and less than ${most}`))
}

function localErrors({ caBundle = '', insecureSkipTLSVerify }: Spec): FieldError[] {
  const size = Buffer.from(caBundle, 'base64').length
  return [
    ...when(
      size > 0,
      invalid('spec.caBundle', `${size} bytes`, 'local APIServices may not have a caBundle'),
    ),
    ...when(
      insecureSkipTLSVerify,
      invalid(
        'spec.insecureSkipTLSVerify',
        true,
        'local APIServices may not have insecureSkipTLSVerify',
      ),
    ),
  ]
}

function remoteErrors({ service, caBundle, insecureSkipTLSVerify }: Spec): FieldError[] {
  return [
    ...when(!service?.namespace, required('spec.service.namespace')),
    ...when(!service?.name, required('spec.service.name')),
    ...when(
      insecureSkipTLSVerify && caBundle,
      invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'),
    ),
  ]
}

const states = ['True', 'False', 'Unknown']

export function apiServiceStatusErrors({ status }: DraftOf<APIService>): FieldError[] {
  return each(status?.conditions, 'status.conditions', ({ status: state = '' }, place) =>
    when(!states.includes(state), notSupported(`${place}.status`, state, states)),
  )
}
