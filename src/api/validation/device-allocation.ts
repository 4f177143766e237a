// The status of a claim: what was allocated, who uses it, how the devices are.

import { type DraftOf, isSameMeaning } from '../draft.ts'
import { duplicate, type FieldError, forbidden, invalid, required } from '../field-error.ts'
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceClaim,
  DeviceRequestAllocationResult,
  ResourceClaimConsumerReference,
  ResourceResourceClaim,
} from '../types.gen.ts'
import { choiceErrors, dnsLabelErrors, each, fixedErrors, repeatedOf, when } from './checks.ts'
import {
  configurationErrors,
  listErrors,
  rawErrors,
  requestReferenceErrors,
} from './device-claims.ts'
import { driverNameErrors, poolNameErrors } from './device-names.ts'
import { at, child } from './field-path.ts'
import { bindingErrors } from './resource-slices.ts'
import { nodeSelectorErrors } from './scheduling.ts'

type Claim = DraftOf<ResourceResourceClaim>

const mostUsers = 256
const mostResults = 32
const mostConfigurations = 64

export function claimStatusErrors(next: Claim, previous: Claim): FieldError[] {
  const { status = {}, metadata } = next
  const { reservedFor = [], allocation, devices } = status
  const before = previous.status ?? {}
  const place = 'status.reservedFor'
  const isDeleted = metadata?.deletionTimestamp !== undefined
  const isNew = (user: Consumer) => !before.reservedFor?.some((known) => isSameMeaning(known, user))
  return [
    ...listErrors(reservedFor, { path: place, most: mostUsers, check: consumerErrors }),
    ...repeatedOf(reservedFor, ({ uid }) => uid).map(({ element, index }) =>
      duplicate(child(at(place, index), 'uid'), element.uid),
    ),
    ...each(devices, 'status.devices', (device, path) => deviceErrors(device, path, allocation)),
    ...when(
      reservedFor.length > 0 && !allocation,
      forbidden(place, 'may not be specified when `allocated` is not set'),
    ),
    ...when(
      allocation && isDeleted && reservedFor.some(isNew),
      forbidden(
        place,
        'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set',
      ),
    ),
    ...(allocation && before.allocation
      ? fixedErrors(allocation, before.allocation, 'status.allocation')
      : []),
    ...(allocation && !before.allocation
      ? allocationErrors(allocation, 'status.allocation', next.spec?.devices ?? {})
      : []),
  ]
}

type Consumer = DraftOf<ResourceClaimConsumerReference>

function consumerErrors({ resource, name, uid }: Consumer, path: string): FieldError[] {
  return [
    ...when(!resource, required(child(path, 'resource'))),
    ...when(!name, required(child(path, 'name'))),
    ...when(!uid, required(child(path, 'uid'))),
  ]
}

type Allocation = DraftOf<AllocationResult>

function allocationErrors(
  { devices = {}, nodeSelector }: Allocation,
  path: string,
  claim: DraftOf<DeviceClaim>,
): FieldError[] {
  const place = child(path, 'devices')
  return [
    ...listErrors(devices.results, {
      path: child(place, 'results'),
      most: mostResults,
      check: (result, at) => resultErrors(result, at, claim),
    }),
    ...listErrors(devices.config, {
      path: child(place, 'config'),
      most: mostConfigurations,
      check: ({ source, requests, opaque }, at) => [
        ...choiceErrors(source, child(at, 'source'), ['FromClaim', 'FromClass']),
        ...each(requests, child(at, 'requests'), (name, where) =>
          requestReferenceErrors(name, where, claim),
        ),
        ...configurationErrors(opaque, at),
      ],
    }),
    ...(nodeSelector ? nodeSelectorErrors(nodeSelector, child(path, 'nodeSelector')) : []),
  ]
}

function resultErrors(
  result: DraftOf<DeviceRequestAllocationResult>,
  path: string,
  claim: DraftOf<DeviceClaim>,
): FieldError[] {
  return [
    ...requestReferenceErrors(result.request ?? '', child(path, 'request'), claim),
    ...identityErrors(result, path),
    ...bindingErrors(result, path),
  ]
}

type Identity = Pick<DraftOf<AllocatedDeviceStatus>, 'driver' | 'pool' | 'device' | 'shareID'>

function identityErrors({ driver = '', pool = '', device = '' }: Identity, path: string) {
  return [
    ...driverNameErrors(driver, child(path, 'driver')),
    ...poolNameErrors(pool, child(path, 'pool')),
    ...dnsLabelErrors(device, child(path, 'device')),
  ]
}

function deviceErrors(
  device: DraftOf<AllocatedDeviceStatus>,
  path: string,
  allocation: Allocation | undefined,
): FieldError[] {
  const isAllocated = allocation?.devices?.results?.some((each) => idOf(each) === idOf(device))
  return [
    ...identityErrors(device, path),
    ...when(!isAllocated, invalid(path, idOf(device), 'must be an allocated device in the claim')),
    ...(device.data === undefined ? [] : rawErrors(device.data, child(path, 'data'))),
  ]
}

function idOf({ driver, pool, device, shareID }: Identity): string {
  return [driver, pool, device, shareID].filter((part) => part !== undefined).join('/')
}
