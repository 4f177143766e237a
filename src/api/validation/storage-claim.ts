// Claims for volumes: on create, and what may change later.

import { copyOf, type DraftOf, isSameMeaning } from '../draft.ts'
import { type FieldError, forbidden, invalid, notSupported, required } from '../field-error.ts'
import { compareQuantities } from '../quantity.ts'
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../types.gen.ts'
import { fixedErrors, labelSelectorErrors, optionalForm, optionErrors, when } from './checks.ts'
import { at, child } from './field-path.ts'
import { dnsSubdomainProblems } from './names.ts'

type Claim = DraftOf<PersistentVolumeClaim>
type Spec = DraftOf<PersistentVolumeClaimSpec>

export const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
export const volumeModes = ['Block', 'Filesystem']

export function accessModesErrors(
  modes: readonly string[] | undefined,
  path: string,
): FieldError[] {
  const list = modes ?? []
  const isAlone =
    list.includes('ReadWriteOncePod') &&
    list.some((mode) => mode !== 'ReadWriteOncePod' && accessModes.includes(mode))
  return [
    ...when(list.length === 0, required(path, 'at least 1 access mode is required')),
    ...list
      .filter((mode) => !accessModes.includes(mode))
      .map((mode) => notSupported(path, mode, accessModes)),
    ...when(isAlone, forbidden(path, 'may not use ReadWriteOncePod with other access modes')),
  ]
}

export function claimSpecErrors(spec: Spec, path: string): FieldError[] {
  return [
    ...accessModesErrors(spec.accessModes, child(path, 'accessModes')),
    ...labelSelectorErrors(spec.selector, child(path, 'selector')),
    ...sizeErrors(spec, at(child(path, 'resources'), 'storage')),
    ...optionalForm(spec.storageClassName, child(path, 'storageClassName'), dnsSubdomainProblems),
    ...optionErrors(spec.volumeMode, child(path, 'volumeMode'), volumeModes),
    ...dataSourceErrors(spec, path),
    ...optionalForm(
      spec.volumeAttributesClassName,
      child(path, 'volumeAttributesClassName'),
      dnsSubdomainProblems,
    ),
  ]
}

function sizeErrors({ resources }: Spec, path: string): FieldError[] {
  const size = resources?.requests?.['storage']
  if (size === undefined) return [required(path)]
  return when(compareQuantities(size, '0') <= 0, invalid(path, size, 'must be greater than zero'))
}

function dataSourceErrors({ dataSource, dataSourceRef }: Spec, path: string): FieldError[] {
  const isSame =
    dataSource?.kind === dataSourceRef?.kind &&
    dataSource?.name === dataSourceRef?.name &&
    (dataSource?.apiGroup ?? '') === (dataSourceRef?.apiGroup ?? '')
  const place = child(path, 'dataSource')
  return [
    ...when(dataSource && !dataSource.name, required(child(place, 'name'))),
    ...when(dataSource && !dataSource.kind, required(child(place, 'kind'))),
    ...when(
      dataSource &&
        !dataSource.apiGroup &&
        dataSource.kind &&
        dataSource.kind !== 'PersistentVolumeClaim',
      invalid(
        place,
        dataSource?.kind,
        "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
      ),
    ),
    ...when(
      dataSource && dataSourceRef && !isSame,
      invalid(path, place, 'must match dataSourceRef'),
    ),
  ]
}

export function claimErrors({ spec = {} }: Claim): FieldError[] {
  return claimSpecErrors(spec, 'spec')
}

/** Claims keep what quota and binding rest on; they may grow once they are bound. */
export function claimUpdateErrors(next: Claim, previous: Claim): FieldError[] {
  const size = next.spec?.resources?.requests?.['storage'] ?? '0'
  const before = previous.spec?.resources?.requests?.['storage'] ?? '0'
  const actual = previous.status?.capacity?.['storage'] ?? '0'
  const isShrunk = compareQuantities(size, before) < 0 && compareQuantities(size, actual) <= 0
  return [
    ...when(
      !isSameMeaning(withFreeFields(next, previous), previous.spec),
      forbidden(
        'spec',
        'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n',
      ),
    ),
    ...when(
      isShrunk,
      forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'),
    ),
    ...fixedErrors(next.spec?.volumeMode, previous.spec?.volumeMode, 'volumeMode'),
  ]
}

function withFreeFields(next: Claim, previous: Claim): Spec {
  const spec = copyOf(next.spec ?? {})
  const before = previous.spec ?? {}
  if (!before.volumeName) delete spec.volumeName
  if (before.storageClassName === undefined) delete spec.storageClassName
  if (next.status?.phase !== 'Bound') return spec
  if (spec.resources?.requests) {
    spec.resources.requests = {
      ...spec.resources.requests,
      storage: before.resources?.requests?.['storage'],
    }
  }
  if (spec.volumeAttributesClassName !== undefined) {
    spec.volumeAttributesClassName = before.volumeAttributesClassName
  }
  return spec
}

export function claimStatusErrors({ spec, status }: Claim): FieldError[] {
  return [
    ...when(!spec?.accessModes?.length, required('Spec.accessModes')),
    ...Object.entries(status?.capacity ?? {}).flatMap(([name, amount = '0']) =>
      when(
        compareQuantities(amount, '0') < 0,
        invalid(at('status.capacity', name), amount, 'must be a valid resource quantity'),
      ),
    ),
  ]
}
