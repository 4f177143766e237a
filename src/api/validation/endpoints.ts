// Endpoints and EndpointSlices.

import type { DraftOf } from '../draft.ts'
import { duplicate, type FieldError, invalid, required, tooMany } from '../field-error.ts'
import type { EndpointAddress, EndpointSlice, Endpoints } from '../types.gen.ts'
import {
  choiceErrors,
  dnsLabelErrors,
  dnsSubdomainErrors,
  each,
  fixedErrors,
  formErrors,
  optionalForm,
  portNumberErrors,
  repeatedOf,
  when,
} from './checks.ts'
import { at } from './field-path.ts'
import { familyOf, ipErrors, nonSpecialErrors } from './ip.ts'
import { labelsErrors, qualifiedNameErrors } from './metadata.ts'
import { dnsLabelProblems, dnsSubdomainProblems } from './names.ts'

const protocols = ['SCTP', 'TCP', 'UDP']

export function endpointsErrors({ subsets }: DraftOf<Endpoints>): FieldError[] {
  return each(subsets, 'subsets', ({ addresses, notReadyAddresses, ports }, place) => [
    ...when(
      !addresses?.length && !notReadyAddresses?.length,
      required(place, 'must specify `addresses` or `notReadyAddresses`'),
    ),
    ...each(addresses, `${place}.addresses`, addressErrors),
    ...each(notReadyAddresses, `${place}.notReadyAddresses`, addressErrors),
    ...each(ports, `${place}.ports`, (port, portPlace) => [
      ...when((ports?.length ?? 0) > 1 && !port.name, required(`${portPlace}.name`)),
      ...(port.name ? dnsLabelErrors(port.name, `${portPlace}.name`) : []),
      ...portNumberErrors(port.port ?? 0, `${portPlace}.port`),
      ...choiceErrors(port.protocol, `${portPlace}.protocol`, protocols),
      ...(port.appProtocol
        ? qualifiedNameErrors(port.appProtocol, `${portPlace}.appProtocol`)
        : []),
    ]),
  ])
}

function addressErrors(address: DraftOf<EndpointAddress>, path: string): FieldError[] {
  const { ip = '', hostname, nodeName } = address
  return [
    ...ipErrors(ip, `${path}.ip`),
    ...optionalForm(hostname, `${path}.hostname`, dnsLabelProblems),
    ...(nodeName === undefined
      ? []
      : formErrors(nodeName, `${path}.nodeName`, dnsSubdomainProblems)),
    ...nonSpecialErrors(ip, `${path}.ip`),
  ]
}

const mostEndpoints = 1000
const mostPorts = 100
const mostAddresses = 100
const addressTypes = ['FQDN', 'IPv4', 'IPv6']

export function endpointSliceErrors(slice: DraftOf<EndpointSlice>): FieldError[] {
  const { addressType, endpoints, ports } = slice
  return [
    ...choiceErrors(addressType, 'addressType', addressTypes),
    ...endpointErrors(endpoints ?? [], addressType ?? ''),
    ...slicePortErrors(ports ?? []),
  ]
}

type SliceEndpoints = NonNullable<DraftOf<EndpointSlice>['endpoints']>

function endpointErrors(endpoints: SliceEndpoints, addressType: string): FieldError[] {
  const path = 'endpoints'
  if (endpoints.length > mostEndpoints) return [tooMany(path, endpoints.length, mostEndpoints)]
  return each(
    endpoints,
    path,
    ({ addresses, hostname, nodeName, deprecatedTopology, hints }, place) => [
      ...sliceAddressErrors(addresses ?? [], `${place}.addresses`, addressType),
      ...(nodeName === undefined
        ? []
        : formErrors(nodeName, `${place}.nodeName`, dnsSubdomainProblems)),
      ...labelsErrors(deprecatedTopology, `${place}.deprecatedTopology`),
      ...(hostname === undefined ? [] : dnsLabelErrors(hostname, `${place}.hostname`)),
      ...when(
        (hints?.forZones?.length ?? 0) > 8,
        tooMany(`${place}.hints.forZones`, hints?.forZones?.length ?? 0, 8),
      ),
      ...repeatedOf(hints?.forZones ?? [], ({ name }) => name).map(({ element, index }) =>
        duplicate(at(`${place}.hints.forZones`, index), element.name),
      ),
    ],
  )
}

function sliceAddressErrors(
  addresses: readonly string[],
  path: string,
  addressType: string,
): FieldError[] {
  return [
    ...when(addresses.length === 0, required(path, 'must contain at least 1 address')),
    ...when(addresses.length > mostAddresses, tooMany(path, addresses.length, mostAddresses)),
    ...each(addresses, path, (address, place) => sliceAddressError(address, place, addressType)),
  ]
}

function sliceAddressError(address: string, path: string, addressType: string): FieldError[] {
  if (addressType === 'FQDN') return fullNameErrors(address, path)
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return []
  const words = addressType === 'IPv4' ? 'an IPv4' : 'an IPv6'
  if (familyOf(address) !== addressType) {
    return [
      ...ipErrors(address, path),
      ...when(familyOf(address), invalid(path, address, `must be ${words} address`)),
    ]
  }
  return nonSpecialErrors(address, path)
}

function fullNameErrors(name: string, path: string): FieldError[] {
  const plain = name.replace(/\.$/, '')
  const errors = dnsSubdomainErrors(plain, path)
  const detail = 'should be a domain with at least two segments separated by dots'
  return errors.length > 0 ? errors : when(!plain.includes('.'), invalid(path, plain, detail))
}

type SlicePorts = NonNullable<DraftOf<EndpointSlice>['ports']>

function slicePortErrors(ports: SlicePorts): FieldError[] {
  if (ports.length > mostPorts) return [tooMany('ports', ports.length, mostPorts)]
  const names = ports.map(({ name = '' }) => name)
  return [
    ...each(ports, 'ports', ({ name = '', protocol, port, appProtocol }, place, index) => [
      ...(name ? dnsLabelErrors(name, `${place}.name`) : []),
      ...when(names.indexOf(name) < index, duplicate(`${place}.name`, name)),
      ...choiceErrors(protocol, `${place}.protocol`, protocols),
      ...(port === undefined ? [] : portNumberErrors(port, `${place}.port`)),
      ...(appProtocol ? qualifiedNameErrors(appProtocol, `${place}.appProtocol`) : []),
    ]),
  ]
}

export function endpointSliceUpdateErrors(
  next: DraftOf<EndpointSlice>,
  previous: DraftOf<EndpointSlice>,
): FieldError[] {
  return fixedErrors(next.addressType, previous.addressType, 'addressType')
}
