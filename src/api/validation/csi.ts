// What drivers of volumes say of themselves and their nodes, attachments, classes of attributes.

import { type DraftOf, isSameMeaning } from '../draft.ts'
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  required,
  tooLong,
} from '../field-error.ts'
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  VolumeAttachment,
  VolumeAttributesClass,
  VolumeError,
} from '../types.gen.ts'
import {
  each,
  fixedErrors,
  formErrors,
  immutable,
  labelSelectorErrors,
  optionErrors,
  repeatedOf,
  when,
} from './checks.ts'
import { driverNameErrors } from './device-names.ts'
import { at, child } from './field-path.ts'
import { nonNegativeErrors, qualifiedNameErrors } from './metadata.ts'
import { dnsSubdomainProblems } from './names.ts'
import { nonNegativeAmountErrors } from './resources.ts'
import { parametersErrors, provisionerErrors } from './storage.ts'

type Driver = DraftOf<CSIDriver>

const groupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType']

export function driverErrors({ spec = {} }: Driver): FieldError[] {
  const { nodeAllocatableUpdatePeriodSeconds: period } = spec
  return [
    ...optionErrors(spec.fsGroupPolicy, 'spec.fsGroupPolicy', groupPolicies),
    ...tokenRequestsErrors(spec.tokenRequests ?? [], 'spec.tokenRequests'),
    ...(spec.volumeLifecycleModes ?? []).flatMap((mode) =>
      optionErrors(mode, 'spec.volumeLifecycleModes', ['Persistent', 'Ephemeral']),
    ),
    ...when(
      period !== undefined && period < 10,
      invalid(
        'spec.nodeAllocatableUpdatePeriodSeconds',
        period,
        'must be greater than or equal to 10 seconds',
      ),
    ),
  ]
}

type TokenRequests = NonNullable<NonNullable<Driver['spec']>['tokenRequests']>

function tokenRequestsErrors(requests: TokenRequests, path: string): FieldError[] {
  const audiences = new Set<string>()
  return each(requests, path, ({ audience = '', expirationSeconds: seconds }, place) => {
    if (audiences.has(audience)) return [duplicate(child(place, 'audience'), audience)]
    audiences.add(audience)
    const field = child(place, 'expirationSeconds')
    const isShort = seconds !== undefined && seconds < 600
    const isLong = seconds !== undefined && seconds > 2 ** 32
    return [
      ...when(isShort, invalid(field, seconds, 'may not specify a duration less than 10 minutes')),
      ...when(
        isLong,
        invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds'),
      ),
    ]
  })
}

export function driverUpdateErrors(next: Driver, previous: Driver): FieldError[] {
  const { spec = {} } = next
  const { spec: before = {} } = previous
  return [
    // The name of the field is upstream's own slip.
    ...fixedErrors(spec.attachRequired, before.attachRequired, 'spec.attachedRequired'),
    ...fixedErrors(
      spec.volumeLifecycleModes,
      before.volumeLifecycleModes,
      'spec.volumeLifecycleModes',
    ),
  ]
}

type Node = DraftOf<CSINode>
type NodeDriver = NonNullable<NonNullable<Node['spec']>['drivers']>[number]

const nodeIdLimit = 256

export function csiNodeErrors({ spec }: Node): FieldError[] {
  const drivers = spec?.drivers ?? []
  const repeated = repeatedOf(drivers, ({ name }) => name)
  return [
    ...each(drivers, 'spec.drivers', nodeDriverErrors),
    ...repeated.map(({ element, index }) =>
      duplicate(child(at('spec.drivers', index), 'name'), element.name),
    ),
  ]
}

function nodeDriverErrors(driver: NodeDriver, path: string): FieldError[] {
  const { name = '', nodeID = '', allocatable } = driver
  const topologyKeys = driver.topologyKeys ?? []
  const idPath = child(path, 'nodeID')
  return [
    ...driverNameErrors(name, child(path, 'name')),
    ...when(nodeID === '', required(idPath)),
    ...when(
      nodeID.length > nodeIdLimit,
      invalid(idPath, nodeID, `must be ${nodeIdLimit} characters or less`),
    ),
    ...nonNegativeErrors(allocatable?.count ?? 0, child(path, 'allocatable.count')),
    ...topologyKeys.flatMap((key, index) => [
      ...when(key === '', required(path)),
      ...when(topologyKeys.indexOf(key) < index, duplicate(path, key)),
      ...qualifiedNameErrors(key, path),
    ]),
  ]
}

/** What a driver said of itself stays; how many volumes it can hold may change. */
export function csiNodeUpdateErrors(next: Node, previous: Node): FieldError[] {
  const before = new Map((previous.spec?.drivers ?? []).map((driver) => [driver.name, driver]))
  return (next.spec?.drivers ?? []).flatMap((driver) => {
    const old = before.get(driver.name) ?? driver
    const kept = { ...old, ...(driver.allocatable && { allocatable: driver.allocatable }) }
    if (!driver.allocatable) delete kept.allocatable
    return fixedErrors(driver, kept, 'spec.drivers')
  })
}

type Capacity = DraftOf<CSIStorageCapacity>

export function storageCapacityErrors(capacity: Capacity): FieldError[] {
  return [
    ...labelSelectorErrors(capacity.nodeTopology, 'nodeTopology'),
    ...formErrors(capacity.storageClassName ?? '', 'storageClassName', dnsSubdomainProblems),
    ...(capacity.capacity ? nonNegativeAmountErrors(capacity.capacity, 'capacity') : []),
  ]
}

export function storageCapacityUpdateErrors(next: Capacity, previous: Capacity): FieldError[] {
  return [
    ...fixedErrors(next.nodeTopology, previous.nodeTopology, 'nodeTopology'),
    ...fixedErrors(next.storageClassName, previous.storageClassName, 'storageClassName'),
  ]
}

type Attachment = DraftOf<VolumeAttachment>

const attachmentMetadataLimit = 256 * 1024

export function attachmentErrors({ spec = {}, status = {} }: Attachment): FieldError[] {
  const metadata = Object.entries(status.attachmentMetadata ?? {})
  const size = metadata.reduce((sum, [key, value = '']) => sum + key.length + value.length, 0)
  return [
    ...when(!spec.attacher, required('spec.attacher')),
    ...attachedErrors(spec.source ?? {}, 'spec.source'),
    ...formErrors(spec.nodeName ?? '', 'spec.nodeName', dnsSubdomainProblems),
    ...when(
      size > attachmentMetadataLimit,
      tooLong('status.attachmentMetadata', attachmentMetadataLimit),
    ),
    ...volumeErrorErrors(status.attachError, 'status.attachError'),
    ...volumeErrorErrors(status.detachError, 'status.detachError'),
  ]
}

type Source = NonNullable<NonNullable<Attachment['spec']>['source']>

function attachedErrors(
  { inlineVolumeSpec: inline, persistentVolumeName: name }: Source,
  path: string,
): FieldError[] {
  const detail = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (inline && name !== undefined) return [forbidden(path, detail)]
  if (!inline && name === undefined) return [required(path, detail)]
  return when(
    name === '',
    required(child(path, 'persistentVolumeName'), 'must specify non empty persistentVolumeName'),
  )
}

function volumeErrorErrors(error: DraftOf<VolumeError> | undefined, path: string): FieldError[] {
  const { message = '', errorCode } = error ?? {}
  return [
    ...when(message.length > 1024, tooLong(child(path, 'message'), attachmentMetadataLimit)),
    ...when(
      errorCode !== undefined && errorCode < 0,
      invalid(child(path, 'errorCode'), errorCode, 'must be between 0 and 2147483647, inclusive'),
    ),
  ]
}

/** Checked of new ones alone: older ones may have been made before. */
export function attachmentCreateErrors({ spec = {} }: Attachment): FieldError[] {
  const { persistentVolumeName: name } = spec.source ?? {}
  return [
    ...driverNameErrors(spec.attacher ?? '', 'spec.attacher'),
    ...(name === undefined
      ? []
      : formErrors(name, 'spec.source.persistentVolumeName', dnsSubdomainProblems)),
  ]
}

export function attachmentUpdateErrors(next: Attachment, previous: Attachment): FieldError[] {
  const isKept = isSameMeaning(next.spec, previous.spec)
  return when(!isKept, invalid('spec', next.spec, immutable))
}

type AttributesClass = DraftOf<VolumeAttributesClass>

export function attributesClassErrors({ driverName, parameters }: AttributesClass): FieldError[] {
  return [
    ...provisionerErrors(driverName, 'driverName'),
    ...parametersErrors(parameters, 'parameters'),
    ...when(
      Object.keys(parameters ?? {}).length === 0,
      required('parameters', 'must contain at least one key/value pair'),
    ),
  ]
}

export function attributesClassUpdateErrors(
  next: AttributesClass,
  previous: AttributesClass,
): FieldError[] {
  return [
    ...when(
      next.driverName !== previous.driverName,
      forbidden('driverName', 'updates to driverName are forbidden.'),
    ),
    ...when(
      !isSameMeaning(next.parameters, previous.parameters),
      forbidden('parameters', 'updates to parameters are forbidden.'),
    ),
  ]
}
