import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EncryptionConfigError, parseEncryptionConfig } from './encryption-config.ts'

const head = 'apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n'
const secret = Buffer.alloc(32, 1).toString('base64')

function refusal(text: string): string | undefined {
  try {
    parseEncryptionConfig(text)
  } catch (error) {
    if (error instanceof EncryptionConfigError) return error.message
    throw error
  }
  return undefined
}

test('resources and providers are read in their order', () => {
  const rules = parseEncryptionConfig(`${head}resources:
- resources: [secrets, "*.apps"]
  providers:
  - aescbc: {keys: [{name: one, secret: ${secret}}]}
  - identity: {}
`)
  assert.deepEqual(rules, [
    {
      resources: ['secrets', '*.apps'],
      providers: [
        { name: 'aescbc', keys: [{ name: 'one', secret: Buffer.alloc(32, 1) }] },
        { name: 'identity', keys: [] },
      ],
    },
  ])
})

test('what is no such file is refused', () => {
  assert.equal(refusal(''), 'the file is empty')
  assert.equal(refusal('kind: Pod\napiVersion: v1'), 'got unexpected config type: v1, Kind=Pod')
  assert.equal(refusal(head), 'resources: Required value: at least one resources is required')
})

const withProvider = (provider: string) =>
  refusal(`${head}resources: [{resources: [secrets], providers: [${provider}]}]`)

test('providers are checked, and secrets are not shown', () => {
  const path = 'resources[0].providers[0]'
  assert.equal(
    withProvider('{kms: {name: a, endpoint: "unix:///a"}}'),
    `${path}.kms: Forbidden: this API server has no KMS providers, neither v1 nor v2`,
  )
  assert.match(withProvider('{}') ?? '', /does not contain any of the expected providers: KMS,/)
  assert.match(withProvider('{identity: {}, aescbc: {}}') ?? '', /more than one provider specified/)
  assert.equal(
    withProvider('{aesgcm: {}}'),
    `${path}.aesgcm.keys: Required value: at least one keys is required`,
  )
  const keys = `${path}.secretbox.keys`
  assert.equal(
    withProvider('{secretbox: {keys: [{secret: MTIz}, {name: a}, {name: b, secret: "?"}]}}'),
    [
      `${keys}[0].name: Required value: name is a mandatory field for a key`,
      `${keys}[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 3, expected one of [32]`,
      `${keys}[1].secret: Required value: secret is a mandatory field for a key`,
      `${keys}[2].secret: Invalid value: "REDACTED": secrets must be base64 encoded`,
    ].join(', '),
  )
})

const withResources = (...lists: string[]) =>
  refusal(
    `${head}resources:\n${lists.map((list) => `- {resources: [${list}], providers: [{identity: {}}]}\n`).join('')}`,
  )

test('resources that cannot be, or are named twice, are refused', () => {
  const first = 'resources[0].resources[0]'
  assert.equal(
    withResources('Secrets'),
    `${first}: Invalid value: "Secrets": resource name should not contain capital letters`,
  )
  assert.match(withResources('"*"') ?? '', /use '\*\.' to encrypt all the resources from core/)
  assert.match(withResources('"deployments.*"') ?? '', /the same resource across groups/)
  assert.match(withResources('serviceipallocations') ?? '', /do not have REST API/)
  assert.match(withResources('events.events.k8s.io') ?? '', /Use 'events' instead/)
  assert.match(withResources('secrets, secrets') ?? '', /cannot be specified multiple times/)
  assert.match(withResources('secrets, "*."') ?? '', /using overlapping resources/)
  assert.equal(withResources('secrets, "*.apps"'), undefined)
  assert.equal(
    withResources('"*."', 'secrets'),
    'resource "secrets" is masked by earlier rule "*."',
  )
  assert.equal(
    withResources('"*.*"', 'deployments.apps'),
    'resource "deployments.apps" is masked by earlier rule "*.*"',
  )
  assert.equal(withResources('secrets', '"*.*"'), undefined)
})
