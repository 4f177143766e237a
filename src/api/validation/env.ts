// Environment variables of containers, and the references to fields, resources and keys that both
// variables and downward API volumes use.

import type { DraftOf } from '../draft.ts'
import { all, type FieldError, invalid, notSupported, required } from '../field-error.ts'
import { compareQuantities } from '../quantity.ts'
import type {
  EnvFromSource,
  EnvVar,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '../types.gen.ts'
import { each, formErrors, optionalForm, optionErrors, requiredForm } from './checks.ts'
import { child } from './field-path.ts'
import { qualifiedNameErrors } from './metadata.ts'
import {
  configKeyProblems,
  dnsSubdomainProblems,
  maskTrailingDash,
  relaxedEnvNameProblems,
} from './names.ts'

type Variable = DraftOf<EnvVar>

export function envErrors(env: readonly Variable[] | undefined, path: string): FieldError[] {
  return each(env, path, (variable, place) =>
    all(
      requiredForm(variable.name, child(place, 'name'), relaxedEnvNameProblems),
      valueFromErrors(variable, child(place, 'valueFrom')),
    ),
  )
}

function valueFromErrors({ value, valueFrom }: Variable, path: string): FieldError[] {
  if (!valueFrom) return []
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = valueFrom
  const sources = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef]
  const count = sources.filter((source) => source !== undefined).length
  return all(
    fieldRef ? fieldRefErrors(fieldRef, child(path, 'fieldRef'), envFieldPaths) : [],
    resourceFieldRef
      ? resourceRefErrors(resourceFieldRef, child(path, 'resourceFieldRef'), { ofVolume: false })
      : [],
    configMapKeyRef ? keyRefErrors(configMapKeyRef, child(path, 'configMapKeyRef')) : [],
    secretKeyRef ? keyRefErrors(secretKeyRef, child(path, 'secretKeyRef')) : [],
    sourceCountErrors(count, value, path),
  )
}

function sourceCountErrors(count: number, value: string | undefined, path: string): FieldError[] {
  if (count === 0) {
    const list = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'
    return [invalid(path, '', `must specify one of: ${list}`)]
  }
  if (value) return [invalid(path, '', 'may not be specified when `value` is not empty')]
  return count > 1
    ? [invalid(path, '', 'may not have more than one field specified at a time')]
    : []
}

const envFieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]
export const volumeFieldPaths = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]

/** All fields of a Pod that the downward API knows, whether variables or files may have them. */
const knownFieldPaths = [
  ...envFieldPaths,
  ...volumeFieldPaths,
  'spec.restartPolicy',
  'status.phase',
]

export function fieldRefErrors(
  { apiVersion, fieldPath }: DraftOf<ObjectFieldSelector>,
  path: string,
  supported: readonly string[],
): FieldError[] {
  if (!apiVersion) return [required(child(path, 'apiVersion'))]
  if (!fieldPath) return [required(child(path, 'fieldPath'))]
  const subscripted = /^([^[]*)\['(.*)'\]$/s.exec(fieldPath)
  const name = subscripted?.[1] ?? fieldPath
  if (!knownFieldPaths.includes(name)) {
    const detail = `error converting fieldPath: field label not supported: ${fieldPath}`
    return [invalid(child(path, 'fieldPath'), fieldPath, detail)]
  }
  if (!subscripted) {
    return optionErrors(name, child(path, 'fieldPath'), supported)
  }
  const key = subscripted[2] ?? ''
  if (name === 'metadata.annotations') return qualifiedNameErrors(key.toLowerCase(), path)
  if (name === 'metadata.labels') return qualifiedNameErrors(key, path)
  return [invalid(path, name, 'does not support subscript')]
}

const resourcePaths = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
]

export function resourceRefErrors(
  { containerName, resource, divisor }: DraftOf<ResourceFieldSelector>,
  path: string,
  { ofVolume }: { readonly ofVolume: boolean },
): FieldError[] {
  const errors = divisorErrors(resource ?? '', divisor, path)
  if (ofVolume && !containerName) return [required(child(path, 'containerName')), ...errors]
  if (!resource) return [required(child(path, 'resource')), ...errors]
  const isKnown =
    resourcePaths.includes(resource) || /^(requests|limits)\.hugepages-/.test(resource)
  return all(
    isKnown ? [] : [notSupported(child(path, 'resource'), resource, resourcePaths)],
    errors,
  )
}

const byteDivisors = [
  '1',
  '1k',
  '1M',
  '1G',
  '1T',
  '1P',
  '1E',
  '1Ki',
  '1Mi',
  '1Gi',
  '1Ti',
  '1Pi',
  '1Ei',
]

const divisorsOf: readonly {
  readonly suffix: string
  readonly words: string
  readonly divisors: readonly string[]
}[] = [
  { suffix: '.cpu', words: 'cpu', divisors: ['1m', '1'] },
  { suffix: '.memory', words: 'memory', divisors: byteDivisors },
  { suffix: '.ephemeral-storage', words: 'local ephemeral storage', divisors: byteDivisors },
  { suffix: '.hugepages-', words: 'hugepages', divisors: byteDivisors },
]

function divisorErrors(resource: string, divisor: string | undefined, path: string): FieldError[] {
  if (divisor === undefined || compareQuantities(divisor, '0') === 0) return []
  const rule = divisorsOf.find(({ suffix }) => resource.includes(suffix))
  if (!rule || rule.divisors.includes(divisor)) return []
  const list = rule.words === 'cpu' ? '1m and 1' : rule.divisors.join(', ')
  const detail = `only divisor's values ${list} are supported with the ${rule.words} resource`
  return [invalid(child(path, 'divisor'), resource, detail)]
}

function keyRefErrors(
  { name, key }: { readonly name?: string | undefined; readonly key?: string | undefined },
  path: string,
): FieldError[] {
  return all(
    formErrors(name ?? '', child(path, 'name'), dnsSubdomainProblems),
    requiredForm(key, child(path, 'key'), configKeyProblems),
  )
}

export function envFromErrors(
  sources: readonly DraftOf<EnvFromSource>[] | undefined,
  path: string,
): FieldError[] {
  return each(sources, path, ({ prefix, configMapRef, secretRef }, place) =>
    all(
      optionalForm(prefix, child(place, 'prefix'), relaxedEnvNameProblems),
      configMapRef ? envSourceErrors(configMapRef.name, child(place, 'configMapRef')) : [],
      secretRef ? envSourceErrors(secretRef.name, child(place, 'secretRef')) : [],
      !configMapRef && !secretRef
        ? [invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`')]
        : [],
      configMapRef && secretRef
        ? [invalid(path, '', 'may not have more than one field specified at a time')]
        : [],
    ),
  )
}

function envSourceErrors(name: string | undefined, path: string): FieldError[] {
  return requiredForm(name, child(path, 'name'), (text) =>
    dnsSubdomainProblems(maskTrailingDash(text)),
  )
}
