import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorBody } from '../field-error.ts'
import type { Definition } from './definition-errors.ts'
import { definitionErrors, definitionUpdateErrors } from './definition-errors.ts'
import { definitionRules } from './definition-rules.ts'
import type { Schema } from './schema.ts'

const plain: Schema = { type: 'object' }

const version = (name: string, schema: Schema, more: object = {}) => ({
  ...{ name, served: true, storage: name === 'v1', schema: { openAPIV3Schema: schema } },
  ...more,
})

function definition(spec: object): Definition {
  return {
    metadata: { name: 'foos.example.com' },
    spec: {
      ...{ group: 'example.com', scope: 'Cluster' },
      names: { plural: 'foos', singular: 'foo', kind: 'Foo', listKind: 'FooList' },
      versions: [version('v1', plain)],
      ...spec,
    },
    status: { storedVersions: ['v1'] },
  } as Definition
}

const told = (errors: ReturnType<typeof definitionErrors>) =>
  errors.map((error) => `${error.field}: ${errorBody(error)}`)

test('what all versions have alike is spoken of at the top, the rest version by version', () => {
  const bad: Schema = { type: 'object', properties: { a: {} } }
  const detail = 'Required value: must not be empty for specified object fields'
  const alike = [version('v1', bad), version('v2', bad)]
  assert.deepEqual(told(definitionErrors(definition({ versions: alike }))), [
    `spec.validation.openAPIV3Schema.properties[a].type: ${detail}`,
  ])
  const subresources = { scale: { specReplicasPath: '.x', statusReplicasPath: '.status.y' } }
  const unlike = [version('v1', plain, { subresources }), version('v2', bad, { subresources })]
  assert.deepEqual(told(definitionErrors(definition({ versions: unlike }))), [
    `spec.versions[1].schema.openAPIV3Schema.properties[a].type: ${detail}`,
    'spec.subresources.scale.specReplicasPath: Invalid value: ".x": should be a json path under .spec',
  ])
})

test('a conversion webhook has one way to be reached and reviews it knows', () => {
  const conversion = (webhook: object) =>
    told(definitionErrors(definition({ conversion: { strategy: 'Webhook', webhook } })))
  const conversionReviewVersions = ['v1']
  assert.deepEqual(conversion({}), [
    'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook',
    'spec.conversion.conversionReviewVersions: Required value',
  ])
  assert.deepEqual(
    conversion({ conversionReviewVersions, clientConfig: { url: 'http://a@x/?q#f' } }),
    [
      `spec.conversion.webhookClientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'spec.conversion.webhookClientConfig.url: Invalid value: "a": user information is not permitted in the URL',
      'spec.conversion.webhookClientConfig.url: Invalid value: "f": fragments are not permitted in the URL',
      'spec.conversion.webhookClientConfig.url: Invalid value: "q": query parameters are not permitted in the URL',
    ],
  )
  const service = { name: '', namespace: 'n', port: 70000, path: 'a//b' }
  assert.deepEqual(
    conversion({ conversionReviewVersions: ['v9', 'v9'], clientConfig: { service } }),
    [
      'spec.conversion.webhookClientConfig.service.name: Required value',
      'spec.conversion.webhookClientConfig.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive',
      `spec.conversion.webhookClientConfig.service.path: Invalid value: "a//b": must start with a '/'`,
      'spec.conversion.webhookClientConfig.service.path: Invalid value: "a//b": segment[0] may not be empty',
      'spec.conversion.webhookClientConfig.service.path: Invalid value: "a//b": segment[1] may not be empty',
      'spec.conversion.conversionReviewVersions[1]: Invalid value: "v9": duplicate version',
      'spec.conversion.conversionReviewVersions: Invalid value: ["v9","v9"]: must include at least one of v1, v1beta1',
    ],
  )
})

test('once objects are served, a bundle that was sound has to stay so', () => {
  const url = 'https://hook.example.com'
  const withBundle = (caBundle: string) =>
    definition({
      conversion: {
        strategy: 'Webhook',
        webhook: { clientConfig: { url, caBundle }, conversionReviewVersions: ['v1'] },
      },
    })
  const broken = Buffer.from('nothing').toString('base64')
  assert.deepEqual(told(definitionErrors(withBundle(broken))), [])
  const established = {
    storedVersions: ['v1'],
    conditions: [{ type: 'Established', status: 'True' }],
  }
  const served = (caBundle: string) =>
    ({ ...withBundle(caBundle), status: established }) as Definition
  assert.deepEqual(told(definitionUpdateErrors(served(broken), served(''))), [
    `spec.conversion.webhookClientConfig.caBundle: Invalid value: "${broken}": unable to load root certificates: unable to parse bytes as PEM block`,
  ])
  assert.deepEqual(told(definitionUpdateErrors(served(broken), served(broken))), [])
})

test('defaults keep to their schema, its rules, and to sound metadata', () => {
  const embedded = (name: Schema): Schema => ({
    type: 'object',
    'x-kubernetes-embedded-resource': true,
    'x-kubernetes-preserve-unknown-fields': true,
    properties: { metadata: { type: 'object', properties: { name } } },
  })
  const schema: Schema = {
    type: 'object',
    properties: {
      size: { type: 'integer', default: 3, 'x-kubernetes-validations': [{ rule: 'self < 3' }] },
      odd: { type: 'object', properties: {}, default: { a: 1 } },
      whole: embedded({ type: 'string', default: 'not/valid' }),
      metadata: { type: 'object', default: {} },
    },
  }
  const at = 'spec.validation.openAPIV3Schema.properties'
  const errors = definitionErrors(definition({ versions: [version('v1', schema)] }))
  assert.deepEqual(told(errors), [
    `${at}[size].default: Invalid value: 3: failed rule: self < 3`,
    `${at}[odd].default: Invalid value: {"a":1}: must not have unknown fields`,
    `${at}[whole].properties[metadata].properties[name].default: Invalid value: "not/valid": must result in valid metadata: metadata.name: Invalid value: "not/valid": may not contain '/'`,
    `${at}[metadata].default: Forbidden: must not be set in top-level metadata`,
  ])
})

test('formats that nobody checks are told, those that are new on an update', () => {
  const formatted = (...formats: readonly string[]) =>
    definition({
      versions: [
        version('v1', {
          type: 'object',
          properties: Object.fromEntries(
            formats.map((format, index) => [`f${index}`, { type: 'string', format }]),
          ),
        }),
      ],
    }) as never
  const warnings = definitionRules.warnings
  assert.deepEqual(warnings?.(formatted('date-time', 'odd'), undefined), [
    'unrecognized format "odd"',
  ])
  assert.deepEqual(warnings?.(formatted('odd', 'odder'), formatted('odd')), [
    'unrecognized format "odder"',
  ])
})
