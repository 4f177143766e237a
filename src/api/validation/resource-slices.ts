// What a driver publishes: its pool, where its devices are reached, the devices and what they share.

import type { DraftOf } from '../draft.ts'
import { duplicate, type FieldError, invalid, required, tooLong } from '../field-error.ts'
import type {
  CounterSet,
  Device,
  DeviceAttribute,
  DeviceCounterConsumption,
  DeviceTaint,
  ResourcePool,
  ResourceSlice,
} from '../types.gen.ts'
import {
  choiceErrors,
  dnsLabelErrors,
  each,
  eachEntry,
  fixedErrors,
  formErrors,
  repeatedOf,
  when,
} from './checks.ts'
import { deviceEffects, listErrors, repeatedNames } from './device-claims.ts'
import { attributeNameErrors, driverNameErrors, poolNameErrors } from './device-names.ts'
import { at, child } from './field-path.ts'
import { qualifiedNameErrors } from './metadata.ts'
import { dnsSubdomainProblems, labelValueProblems } from './names.ts'
import { nodeSelectorErrors } from './scheduling.ts'

type Slice = DraftOf<ResourceSlice>
type Spec = NonNullable<Slice['spec']>

const mostDevices = 128
const mostAttributes = 32
const mostCounters = 32
const mostTaints = 16
const longestValue = 64

export function sliceErrors({ spec = {} }: Slice): FieldError[] {
  const { devices, sharedCounters } = spec
  const counters = (sharedCounters ?? []).reduce((sum, set) => sum + countOf(set.counters), 0)
  return [
    ...driverNameErrors(spec.driver ?? '', 'spec.driver'),
    ...poolErrors(spec.pool ?? {}, 'spec.pool'),
    ...placesErrors(spec, 'spec'),
    ...listErrors(devices, {
      path: 'spec.devices',
      most: mostDevices,
      check: (device, path) => deviceErrors(device, path, spec),
    }),
    ...repeatedNames(devices, 'spec.devices'),
    ...when(
      counters > mostCounters,
      invalid(
        'spec.sharedCounters',
        counters,
        `the total number of shared counters must not exceed ${mostCounters}`,
      ),
    ),
    ...each(sharedCounters, 'spec.sharedCounters', counterSetErrors),
    ...repeatedNames(sharedCounters, 'spec.sharedCounters'),
  ]
}

export function sliceUpdateErrors(
  { spec: next = {} }: Slice,
  { spec: previous = {} }: Slice,
): FieldError[] {
  return [
    ...fixedErrors(next.pool?.name, previous.pool?.name, 'spec.pool.name'),
    ...fixedErrors(next.driver, previous.driver, 'spec.driver'),
    ...fixedErrors(next.nodeName, previous.nodeName, 'spec.nodeName'),
  ]
}

function poolErrors(pool: DraftOf<ResourcePool>, path: string): FieldError[] {
  const { name = '', resourceSliceCount: count = 0, generation = 0 } = pool
  return [
    ...poolNameErrors(name, child(path, 'name')),
    ...when(
      count <= 0,
      invalid(child(path, 'resourceSliceCount'), count, 'must be greater than zero'),
    ),
    ...when(
      generation < 0,
      invalid(child(path, 'generation'), generation, 'must be greater than or equal to zero'),
    ),
  ]
}

/** From which nodes the devices are reached is said once, in one of four ways. */
function placesErrors(spec: Spec, path: string): FieldError[] {
  const { nodeName, nodeSelector, allNodes, perDeviceNodeSelection: isPerDevice } = spec
  const selectorPath = child(path, 'nodeSelector')
  const set = setFields({ nodeName, nodeSelector, allNodes, perDeviceNodeSelection: isPerDevice })
  const one =
    'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
  return [
    ...(nodeName ? formErrors(nodeName, child(path, 'nodeName'), dnsSubdomainProblems) : []),
    ...when(
      nodeName === '',
      invalid(
        child(path, 'nodeName'),
        nodeName,
        'must be either unset or set to a non-empty string',
      ),
    ),
    ...(nodeSelector ? nodeSelectorErrors(nodeSelector, selectorPath) : []),
    ...when(
      nodeSelector && nodeSelector.nodeSelectorTerms?.length !== 1,
      invalid(
        child(selectorPath, 'nodeSelectorTerms'),
        nodeSelector?.nodeSelectorTerms,
        'must have exactly one node selector term',
      ),
    ),
    ...onlyTrueErrors(allNodes, child(path, 'allNodes')),
    ...onlyTrueErrors(isPerDevice, child(path, 'perDeviceNodeSelection')),
    ...when(set.length === 0, required(path, one)),
    ...when(
      set.length > 1,
      invalid(path, `{${set.join(', ')}}`, `${one}, but multiple fields are set`),
    ),
  ]
}

function setFields(fields: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== '' && value !== false)
    .map(([name]) => `\`${name}\``)
}

function onlyTrueErrors(value: boolean | undefined, path: string): FieldError[] {
  return when(value === false, invalid(path, value, 'must be either unset or set to true'))
}

type DeviceDraft = DraftOf<Device>

function deviceErrors(device: DeviceDraft, path: string, spec: Spec): FieldError[] {
  const { attributes, capacity, taints, consumesCounters } = device
  const described = countOf(attributes) + countOf(capacity)
  const counters = (consumesCounters ?? []).reduce((sum, set) => sum + countOf(set.counters), 0)
  return [
    ...dnsLabelErrors(device.name ?? '', child(path, 'name')),
    ...when(
      described > mostAttributes,
      invalid(
        path,
        described,
        `the total number of attributes and capacities must not exceed ${mostAttributes}`,
      ),
    ),
    ...eachEntry(attributes, child(path, 'attributes'), (name, value, place) => [
      ...attributeNameErrors(name, place),
      ...attributeErrors(value, place),
    ]),
    ...eachEntry(capacity, child(path, 'capacity'), (name, { requestPolicy }, place) => [
      ...attributeNameErrors(name, place),
      ...when<FieldError>(requestPolicy && !device.allowMultipleAllocations, {
        type: 'Forbidden',
        field: child(place, 'requestPolicy'),
        detail: 'allowMultipleAllocations must be true',
      }),
    ]),
    ...listErrors(taints, { path: child(path, 'taints'), most: mostTaints, check: taintErrors }),
    ...consumptionErrors(consumesCounters ?? [], child(path, 'consumesCounters'), spec),
    ...when(
      counters > mostCounters,
      invalid(path, counters, `the total number of counters must not exceed ${mostCounters}`),
    ),
    ...devicePlaceErrors(device, path, spec),
    ...bindingErrors(device, path),
  ]
}

function countOf(entries: object | undefined): number {
  return Object.keys(entries ?? {}).length
}

/** semver.org 2.0.0: three numbers, then perhaps what comes before the release, and the build. */
const identifier = '(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)'
const version = new RegExp(
  `^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(-${identifier}(\\.${identifier})*)?` +
    '(\\+[0-9a-zA-Z-]+(\\.[0-9a-zA-Z-]+)*)?$',
)

function attributeErrors(attribute: DraftOf<DeviceAttribute>, path: string): FieldError[] {
  const values = Object.values(attribute).filter((value) => value !== undefined)
  const detail = 'exactly one value must be specified'
  const { string: text, strings, version: one, versions } = attribute
  return [
    ...(text === undefined ? [] : textErrors(text, child(path, 'string'))),
    ...each(strings, child(path, 'strings'), textErrors),
    ...(one === undefined ? [] : versionErrors(one, child(path, 'version'))),
    ...each(versions, child(path, 'versions'), versionErrors),
    ...when(values.length === 0, required(path, detail)),
    ...when(values.length > 1, invalid(path, attribute, detail)),
  ]
}

function textErrors(value: string, path: string): FieldError[] {
  return when(Buffer.byteLength(value) > longestValue, tooLong(path, longestValue))
}

function versionErrors(value: string, path: string): FieldError[] {
  const detail = 'must be a string compatible with semver.org spec 2.0.0'
  return [...when(!version.test(value), invalid(path, value, detail)), ...textErrors(value, path)]
}

function taintErrors({ key = '', value, effect }: DraftOf<DeviceTaint>, path: string) {
  return [
    ...qualifiedNameErrors(key, child(path, 'key')),
    ...(value ? formErrors(value, child(path, 'value'), labelValueProblems) : []),
    ...choiceErrors(effect, child(path, 'effect'), deviceEffects),
  ]
}

function counterSetErrors({ name = '', counters }: DraftOf<CounterSet>, path: string) {
  return [
    ...(name === '' ? [required(child(path, 'name'))] : dnsLabelErrors(name, child(path, 'name'))),
    ...countersErrors(counters, child(path, 'counters')),
  ]
}

function countersErrors(counters: object | undefined, path: string): FieldError[] {
  if (countOf(counters) === 0) return [required(path)]
  return Object.keys(counters ?? {}).flatMap((name) => dnsLabelErrors(name, at(path, name)))
}

type Consumption = DraftOf<DeviceCounterConsumption>

/** A device takes from counters that its slice has. */
function consumptionErrors(
  consumptions: readonly Consumption[],
  path: string,
  { sharedCounters = [] }: Spec,
): FieldError[] {
  const inSlice = 'defined in the ResourceSlice sharedCounters'
  return [
    ...each(consumptions, path, ({ counterSet = '', counters }, place) => [
      ...when(counterSet === '', required(child(place, 'counterSet'))),
      ...countersErrors(counters, child(place, 'counters')),
    ]),
    ...repeatedOf(consumptions, ({ counterSet }) => counterSet).map(({ element, index }) =>
      duplicate(child(at(path, index), 'counterSet'), element.counterSet),
    ),
    ...each(consumptions, path, ({ counterSet = '', counters }, place) => {
      const set = sharedCounters.find(({ name }) => name === counterSet)
      const detail = `must reference a counterSet ${inSlice}`
      if (!set) return [invalid(child(place, 'counterSet'), counterSet, detail)]
      return Object.keys(counters ?? {})
        .filter((name) => !(name in (set.counters ?? {})))
        .map((name) =>
          invalid(child(place, 'counters'), name, `must reference a counter ${inSlice}`),
        )
    }),
  ]
}

function devicePlaceErrors(
  { nodeName, nodeSelector, allNodes }: DeviceDraft,
  path: string,
  { perDeviceNodeSelection: isPerDevice }: Spec,
): FieldError[] {
  const fields = '`nodeName`, `nodeSelector`'
  const where = 'set to true in the ResourceSlice spec'
  if (!isPerDevice) {
    const isSet = nodeName !== undefined || nodeSelector || allNodes !== undefined
    const detail = `${fields} and \`allNodes\` can only be set if \`perDeviceNodeSelection\` is ${where}`
    return when(isSet, invalid(path, undefined, detail))
  }
  const set = setFields({ nodeName, nodeSelector, allNodes })
  const one = `exactly one of ${fields}, or \`allNodes\` is required when \`perDeviceNodeSelection\` is ${where}`
  return [
    ...(nodeName ? formErrors(nodeName, child(path, 'nodeName'), dnsSubdomainProblems) : []),
    ...when(nodeName === '', invalid(child(path, 'nodeName'), nodeName, 'must not be empty')),
    ...(nodeSelector ? nodeSelectorErrors(nodeSelector, child(path, 'nodeSelector')) : []),
    ...onlyTrueErrors(allNodes, child(path, 'allNodes')),
    ...when(set.length === 0, required(path, one)),
    ...when(set.length > 1, invalid(path, `{${set.join(', ')}}`, one)),
  ]
}

type Bindings = Pick<DeviceDraft, 'bindingConditions' | 'bindingFailureConditions'>

/** Conditions that must come true before a Pod is bound, and those that say they never will. */
export function bindingErrors(bindings: Bindings, path: string): FieldError[] {
  const { bindingConditions: good = [], bindingFailureConditions: bad = [] } = bindings
  const goodPath = child(path, 'bindingConditions')
  const badPath = child(path, 'bindingFailureConditions')
  const repeats = (list: readonly string[], place: string) =>
    repeatedOf(list, (name) => name).map(({ element, index }) =>
      duplicate(at(place, index), element),
    )
  const needed = (one: string, other: string) => `${one} are required to use ${other}`
  return [
    ...listErrors(good, { path: goodPath, most: 4, check: qualifiedNameErrors }),
    ...listErrors(bad, { path: badPath, most: 4, check: qualifiedNameErrors }),
    ...repeats(good, goodPath),
    ...repeats(bad, badPath),
    ...each(bad, badPath, (name, place) =>
      when(
        good.includes(name),
        invalid(place, name, 'bindingFailureConditions must not overlap with bindingConditions'),
      ),
    ),
    ...when(
      good.length === 0 && bad.length > 0,
      invalid(goodPath, good, needed('bindingConditions', 'bindingFailureConditions')),
    ),
    ...when(
      bad.length === 0 && good.length > 0,
      invalid(badPath, bad, needed('bindingFailureConditions', 'bindingConditions')),
    ),
  ]
}
