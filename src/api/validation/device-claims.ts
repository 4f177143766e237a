// Claims for devices, their templates, and classes of devices.

import { compileCel, issuesText } from '../../cel/cel.ts'
import { dyn } from '../../cel/types.ts'
import type { DraftOf } from '../draft.ts'
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../field-error.ts'
import type {
  DeviceClaim,
  DeviceClass,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  DeviceToleration,
  ExactDeviceRequest,
  OpaqueDeviceConfiguration,
  ResourceClaimSpec,
  ResourceClaimTemplate,
  ResourceResourceClaim,
} from '../types.gen.ts'
import {
  dnsLabelErrors,
  each,
  fixedErrors,
  formErrors,
  optionErrors,
  repeatedOf,
  requiredForm,
  when,
} from './checks.ts'
import { driverNameErrors, fullAttributeNameErrors } from './device-names.ts'
import { at, child } from './field-path.ts'
import { annotationsErrors, labelsErrors, qualifiedNameErrors } from './metadata.ts'
import { dnsSubdomainProblems, labelValueProblems } from './names.ts'
import { isExtended } from './resources.ts'

const mostOfAKind = 32
const mostAlternatives = 8
/** Bytes of an expression, and of the parameters for a driver. */
const textLimit = 10 * 1024

type Check<T> = (element: T, path: string) => FieldError[]

/** `check` for each, and no more of them than `most`. */
export function listErrors<T>(
  list: readonly T[] | undefined,
  { path, most, check }: { readonly path: string; readonly most: number; readonly check: Check<T> },
): FieldError[] {
  const length = list?.length ?? 0
  return [...each(list, path, check), ...when(length > most, tooMany(path, length, most))]
}

interface Named {
  readonly name?: string | undefined
}

export function repeatedNames(list: readonly Named[] | undefined, path: string): FieldError[] {
  return repeatedOf(list ?? [], ({ name }) => name).map(({ element, index }) =>
    duplicate(child(at(path, index), 'name'), element.name),
  )
}

export function claimErrors({ spec }: DraftOf<ResourceResourceClaim>): FieldError[] {
  return claimSpecErrors(spec ?? {}, 'spec')
}

export function claimUpdateErrors(
  next: DraftOf<ResourceResourceClaim>,
  previous: DraftOf<ResourceResourceClaim>,
): FieldError[] {
  return fixedErrors(next.spec, previous.spec, 'spec')
}

export function claimTemplateErrors({ spec }: DraftOf<ResourceClaimTemplate>): FieldError[] {
  return [
    ...labelsErrors(spec?.metadata?.labels, 'spec.metadata.labels'),
    ...annotationsErrors(spec?.metadata?.annotations, 'spec.metadata.annotations'),
    ...claimSpecErrors(spec?.spec ?? {}, 'spec.spec'),
  ]
}

export function claimTemplateUpdateErrors(
  next: DraftOf<ResourceClaimTemplate>,
  previous: DraftOf<ResourceClaimTemplate>,
): FieldError[] {
  return fixedErrors(next.spec, previous.spec, 'spec')
}

type Devices = DraftOf<DeviceClaim>

function claimSpecErrors({ devices = {} }: DraftOf<ResourceClaimSpec>, path: string): FieldError[] {
  const place = child(path, 'devices')
  const requestsPath = child(place, 'requests')
  return [
    ...listErrors(devices.requests, {
      path: requestsPath,
      most: mostOfAKind,
      check: requestErrors,
    }),
    ...repeatedNames(devices.requests, requestsPath),
    ...listErrors(devices.constraints, {
      path: child(place, 'constraints'),
      most: mostOfAKind,
      check: (constraint, at) => constraintErrors(constraint, at, devices),
    }),
    ...listErrors(devices.config, {
      path: child(place, 'config'),
      most: mostOfAKind,
      check: (config, at) => [
        ...referencesErrors(config.requests, child(at, 'requests'), devices),
        ...configurationErrors(config.opaque, at),
      ],
    }),
  ]
}

type Request = DraftOf<DeviceRequest>

function requestErrors({ name = '', exactly, firstAvailable }: Request, path: string) {
  const place = child(path, 'firstAvailable')
  const count = (exactly ? 1 : 0) + (firstAvailable?.length ? 1 : 0)
  const one = 'exactly one of `exactly` or `firstAvailable` is required'
  return [
    ...dnsLabelErrors(name, child(path, 'name')),
    ...listErrors(firstAvailable, {
      path: place,
      most: mostAlternatives,
      check: (alternative, at) => [
        ...dnsLabelErrors(alternative.name ?? '', child(at, 'name')),
        ...wantedErrors(alternative, at),
      ],
    }),
    ...repeatedNames(firstAvailable, place),
    ...(exactly ? wantedErrors(exactly, child(path, 'exactly')) : []),
    ...when(count === 0, required(path, one)),
    ...when(count > 1, invalid(path, undefined, `${one}, but multiple fields are set`)),
  ]
}

type Wanted = Pick<
  DraftOf<ExactDeviceRequest>,
  'allocationMode' | 'count' | 'deviceClassName' | 'selectors' | 'tolerations'
>

function wantedErrors(wanted: Wanted, path: string): FieldError[] {
  return [
    ...requiredForm(wanted.deviceClassName, child(path, 'deviceClassName'), dnsSubdomainProblems),
    ...selectorsErrors(wanted.selectors, child(path, 'selectors')),
    ...countErrors(wanted, path),
    ...each(wanted.tolerations, child(path, 'tolerations'), tolerationErrors),
  ]
}

function countErrors({ allocationMode: mode, count = 0 }: Wanted, path: string): FieldError[] {
  const place = child(path, 'count')
  if (mode === 'All') {
    const detail = "must not be specified when allocationMode is 'All'"
    return when(count !== 0, invalid(place, count, detail))
  }
  if (mode === 'ExactCount') {
    return when(count <= 0, invalid(place, count, 'must be greater than zero'))
  }
  return [notSupported(child(path, 'allocationMode'), mode ?? '', ['All', 'ExactCount'])]
}

function selectorsErrors(selectors: Wanted['selectors'], path: string): FieldError[] {
  return listErrors(selectors, { path, most: mostOfAKind, check: selectorErrors })
}

function selectorErrors({ cel }: DraftOf<DeviceSelector>, path: string): FieldError[] {
  if (!cel) return [required(child(path, 'cel'))]
  const { expression = '' } = cel
  const place = child(path, 'cel.expression')
  if (expression.length > textLimit) return [tooLong(place, textLimit)]
  const compiled = compileCel(expression, { variables: { device: dyn } })
  if ('errors' in compiled) {
    return [invalid(place, expression, `compilation failed: ${issuesText(compiled.errors)}`)]
  }
  const { kind } = compiled.resultType
  const isFine = kind === 'bool' || kind === 'dyn'
  const detail = `must evaluate to bool or the unknown type, not ${kind}`
  return when(!isFine, invalid(place, expression, detail))
}

export const deviceEffects = ['NoExecute', 'NoSchedule', 'None']

function tolerationErrors(toleration: DraftOf<DeviceToleration>, path: string): FieldError[] {
  const { key, operator = '', value = '', effect } = toleration
  const valuePath = child(path, 'value')
  return [
    ...(key ? qualifiedNameErrors(key, child(path, 'key')) : []),
    ...when(
      operator === 'Exists' && value !== '',
      invalid(valuePath, value, 'must be empty for operator `Exists`'),
    ),
    ...(operator === 'Equal' ? formErrors(value, valuePath, labelValueProblems) : []),
    ...optionErrors(operator, child(path, 'operator'), ['Equal', 'Exists']),
    ...(effect ? optionErrors(effect, child(path, 'effect'), deviceEffects) : []),
  ]
}

function constraintErrors(
  constraint: DraftOf<DeviceConstraint>,
  path: string,
  devices: Devices,
): FieldError[] {
  const { matchAttribute: match, distinctAttribute: distinct } = constraint
  const one =
    'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
  return [
    ...referencesErrors(constraint.requests, child(path, 'requests'), devices),
    ...(match === undefined ? [] : fullAttributeNameErrors(match, child(path, 'matchAttribute'))),
    ...(match === undefined && distinct !== undefined
      ? fullAttributeNameErrors(distinct, child(path, 'distinctAttribute'))
      : []),
    ...when(match === undefined && distinct === undefined, required(path, one)),
  ]
}

function referencesErrors(
  names: readonly string[] | undefined,
  path: string,
  devices: Devices,
): FieldError[] {
  return [
    ...listErrors(names, {
      path,
      most: mostOfAKind,
      check: (name, place) => requestReferenceErrors(name, place, devices),
    }),
    ...repeatedOf(names ?? [], (name) => name).map(({ element, index }) =>
      duplicate(at(path, index), element),
    ),
  ]
}

/** REQUEST or REQUEST/ALTERNATIVE, of the claim's own. */
export function requestReferenceErrors(name: string, path: string, devices: Devices): FieldError[] {
  const detail =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
  const parts = name.split('/')
  if (parts.length > 2) return [invalid(path, name, detail)]
  const [first, second] = parts
  const request = devices.requests?.find((each) => each.name === first)
  const isKnown =
    request &&
    (second === undefined || request.firstAvailable?.some((each) => each.name === second))
  return [
    ...parts.flatMap((part) => dnsLabelErrors(part, path)),
    ...when(!isKnown, invalid(path, name, detail)),
  ]
}

export function configurationErrors(
  opaque: DraftOf<OpaqueDeviceConfiguration> | undefined,
  path: string,
): FieldError[] {
  const place = child(path, 'opaque')
  if (!opaque) return [required(place)]
  return [
    ...driverNameErrors(opaque.driver ?? '', child(place, 'driver')),
    ...rawErrors(opaque.parameters, child(place, 'parameters')),
  ]
}

/** Whatever a driver understands: an object, and not too large a one. */
export function rawErrors(value: unknown, path: string): FieldError[] {
  if (value === undefined || value === null) return [required(path)]
  const isObject = typeof value === 'object' && !Array.isArray(value)
  const detail = 'must be a valid JSON object'
  return [
    ...when(!isObject, invalid(path, '<value omitted>', detail)),
    ...when(Buffer.byteLength(JSON.stringify(value)) > textLimit, tooLong(path, textLimit)),
  ]
}

export function deviceClassErrors({ spec = {} }: DraftOf<DeviceClass>): FieldError[] {
  const { extendedResourceName: name } = spec
  return [
    ...selectorsErrors(spec.selectors, 'spec.selectors'),
    ...listErrors(spec.config, {
      path: 'spec.config',
      most: mostOfAKind,
      check: ({ opaque }, place) => configurationErrors(opaque, place),
    }),
    ...when(
      name !== undefined && !isExtended(name),
      invalid('spec.extendedResourceName', name, 'must be a valid extended resource name'),
    ),
  ]
}
