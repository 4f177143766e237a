import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Draft } from '../draft.ts'
import { createErrors, updateErrors } from './validation-fixture.ts'

const request = (fields: Draft): Draft => ({ spec: { devices: { requests: [fields] } } })
const referenceDetail =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

test('a request is for devices of a class, or for the first of several that there is', () => {
  const alone = { constraints: null, config: null }
  const claim = (fields: Draft): Draft => ({ spec: { devices: { requests: [fields], ...alone } } })
  assert.deepEqual(createErrors('ResourceResourceClaim', claim({ name: 'a' })), [
    'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
  ])
  const exactly = { deviceClassName: '', allocationMode: 'All', count: 2 }
  assert.deepEqual(createErrors('ResourceResourceClaim', claim({ name: 'a', exactly })), [
    'spec.devices.requests[0].exactly.deviceClassName: Required value',
    "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
  ])
  const tolerations = [{ operator: 'Exists', value: 'v', effect: 'Never' }]
  const tolerant = { deviceClassName: 'c', tolerations }
  assert.deepEqual(createErrors('ResourceResourceClaim', claim({ name: 'a', exactly: tolerant })), [
    'spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: "v": must be empty for operator `Exists`',
    'spec.devices.requests[0].exactly.tolerations[0].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "None"',
  ])
})

test('constraints and configurations name requests of the claim', () => {
  const errors = createErrors('ResourceResourceClaim', {
    spec: {
      devices: {
        constraints: [{ requests: ['other', 'any/small', 'gpu', 'gpu'], matchAttribute: 'numa' }],
        config: [{ requests: ['gpu'] }],
      },
    },
  })
  assert.deepEqual(errors, [
    `spec.devices.constraints[0].requests[0]: Invalid value: "other": ${referenceDetail}`,
    `spec.devices.constraints[0].requests[1]: Invalid value: "any/small": ${referenceDetail}`,
    'spec.devices.constraints[0].requests[3]: Duplicate value: "gpu"',
    'spec.devices.constraints[0].matchAttribute: Invalid value: "numa": must include a domain',
    'spec.devices.config[0].opaque: Required value',
  ])
})

test('selectors are expressions that yield true or false', () => {
  const selector = (expression: string) =>
    createErrors('DeviceClass', { spec: { selectors: [{ cel: { expression } }] } })
  assert.deepEqual(selector('device.attributes["d"].model == "m"'), [])
  assert.deepEqual(selector('1 + 1'), [
    'spec.selectors[0].cel.expression: Invalid value: "1 + 1": must evaluate to bool or the unknown type, not int',
  ])
  assert.match(selector('device.')[0] ?? '', /Invalid value: "device\.": compilation failed: /)
})

test('what a claim asks for stays', () => {
  const [error = ''] = updateErrors('ResourceResourceClaim', request({ name: 'b' }))
  assert.match(error, /^spec: Invalid value: .*: field is immutable$/)
})

test('a slice says once from where its devices are reached', () => {
  const one =
    'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
  assert.deepEqual(createErrors('ResourceSlice', { spec: { nodeName: null } }), [
    `spec: Required value: ${one}`,
  ])
  assert.deepEqual(createErrors('ResourceSlice', { spec: { allNodes: true } }), [
    `spec: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${one}, but multiple fields are set`,
  ])
  assert.deepEqual(updateErrors('ResourceSlice', { spec: { nodeName: 'm' } }), [
    'spec.nodeName: Invalid value: "m": field is immutable',
  ])
})

test('says what is wrong with devices', () => {
  const device = (fields: Draft) =>
    createErrors('ResourceSlice', { spec: { devices: [{ name: 'a', ...fields }] } })
  assert.deepEqual(
    device({
      attributes: { 'example.com/v': { version: '1' }, 'a-b': { bool: true, int: 1 } },
      taints: [{ key: 'k', effect: '' }],
      consumesCounters: [{ counterSet: 'c', counters: { x: { value: '1' } } }],
      nodeName: 'n',
    }),
    [
      'spec.devices[0].attributes[example.com/v].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
      "spec.devices[0].attributes[a-b]: Invalid value: \"a-b\": a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')",
      'spec.devices[0].attributes[a-b]: Invalid value: {"bool":true,"int":1}: exactly one value must be specified',
      'spec.devices[0].taints[0].effect: Required value',
      'spec.devices[0].consumesCounters[0].counterSet: Invalid value: "c": must reference a counterSet defined in the ResourceSlice sharedCounters',
      'spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
    ],
  )
  assert.deepEqual(device({ bindingConditions: ['ready'] }), [
    'spec.devices[0].bindingFailureConditions: Invalid value: []: bindingFailureConditions are required to use bindingConditions',
  ])
})

test('two devices of a name are one too many', () => {
  const devices = [{ name: 'a' }, { name: 'a' }]
  assert.deepEqual(createErrors('ResourceSlice', { spec: { devices } }), [
    'spec.devices[1].name: Duplicate value: "a"',
  ])
})
