import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Provider, ResourceRule } from './encryption-config.ts'
import { createValueCodec } from './value-codec.ts'

const secret = Buffer.from(Array.from({ length: 32 }, (_, at) => at))
const other = Buffer.alloc(32, 7)
const key = '/registry/secrets/default/a'
const value = Buffer.from('{"kind":"Secret"}')

const identity: Provider = { name: 'identity', keys: [] }
const provider = (name: Exclude<Provider['name'], 'identity'>, ...keys: [string, Buffer][]) => ({
  name,
  keys: keys.map(([keyName, bytes]) => ({ name: keyName, secret: bytes })),
})
const rule = (resources: string, ...providers: Provider[]): ResourceRule => ({
  resources: resources.split(' '),
  providers,
})
const start = (stored: Uint8Array) => Buffer.from(stored).toString('latin1').slice(0, 26)

test('values that other tools have encrypted are read', () => {
  const gcm = createValueCodec([rule('secrets', provider('aesgcm', ['one', secret]))])
  // Python's cryptography: AESGCM(key).encrypt(nonce 00..0b, value, key in the store)
  const sealed =
    '000102030405060708090a0b3c20bd72ab81e021af12f2e8c38c0c4ffe1088c8292577bb0a7c5fec9690e03563'
  const stored = Buffer.concat([Buffer.from('k8s:enc:aesgcm:v1:one:'), Buffer.from(sealed, 'hex')])
  assert.deepEqual(gcm.open(key, stored), { value, isStale: false })
  const cbc = createValueCodec([rule('secrets', provider('aescbc', ['one', secret]))])
  // openssl enc -aes-256-cbc -iv 00..0f
  const blocks =
    '000102030405060708090a0b0c0d0e0f1e99f42a87db9ef8ab2a289efc82058d9b6df3c3b806157e27663d659124bb7a'
  const inBlocks = Buffer.concat([
    Buffer.from('k8s:enc:aescbc:v1:one:'),
    Buffer.from(blocks, 'hex'),
  ])
  assert.deepEqual(cbc.open(key, inBlocks), { value, isStale: false })
})

for (const name of ['aesgcm', 'aescbc', 'secretbox'] as const) {
  test(`${name}: what is sealed is opened again, and is never twice the same`, () => {
    const codec = createValueCodec([rule('secrets', provider(name, ['one', secret]))])
    const stored = codec.seal(key, value)
    assert.equal(start(stored).startsWith(`k8s:enc:${name}:v1:one:`), true)
    assert.notDeepEqual(codec.seal(key, value), stored)
    assert.deepEqual(codec.open(key, stored), { value, isStale: false })
  })
}

test('the first provider and key write, all read, and what others wrote is stale', () => {
  const old = createValueCodec([rule('secrets', provider('aescbc', ['one', secret]))])
  const now = createValueCodec([
    rule(
      'secrets',
      provider('secretbox', ['two', other]),
      provider('aescbc', ['two', other], ['one', secret]),
      identity,
    ),
  ])
  assert.equal(start(now.seal(key, value)).startsWith('k8s:enc:secretbox:v1:two:'), true)
  assert.deepEqual(now.open(key, old.seal(key, value)), { value, isStale: true })
  assert.deepEqual(now.open(key, value), { value, isStale: true })
  assert.deepEqual(now.open(key, now.seal(key, value)), { value, isStale: false })
})

test('encryption can be left again: identity first, keys behind', () => {
  const old = createValueCodec([rule('secrets', provider('aesgcm', ['one', secret]))])
  const now = createValueCodec([rule('secrets', identity, provider('aesgcm', ['one', secret]))])
  assert.equal(now.seal(key, value), value)
  assert.deepEqual(now.open(key, value), { value, isStale: false })
  assert.deepEqual(now.open(key, old.seal(key, value)), { value, isStale: true })
})

test('what cannot be read says why, in upstream’s words', () => {
  const sealed = createValueCodec([rule('secrets', provider('aesgcm', ['one', secret]))])
  const stored = sealed.seal(key, value)
  const why = (rules: readonly ResourceRule[], of: Uint8Array, at = key) => {
    try {
      createValueCodec(rules).open(at, of)
    } catch (error) {
      return error instanceof Error ? error.message : undefined
    }
    return undefined
  }
  const wrong = [rule('secrets', provider('aesgcm', ['one', other]))]
  assert.equal(why([], stored), 'identity transformer tried to read encrypted data')
  assert.equal(why(wrong, stored), 'cipher: message authentication failed')
  assert.equal(why(wrong, value), 'no matching prefix found')
  assert.equal(
    why([rule('secrets', provider('aesgcm', ['two', secret]))], stored),
    'no matching key was found for the provided AES transformer',
  )
  assert.equal(
    why([rule('secrets', provider('secretbox', ['one', secret]))], stored),
    'no matching prefix found',
  )
  // The place in the store is authenticated: a value cannot be moved to another.
  const right = [rule('secrets', provider('aesgcm', ['one', secret]))]
  assert.equal(
    why(right, stored, '/registry/secrets/default/b'),
    'cipher: message authentication failed',
  )
  const short = Buffer.from('k8s:enc:aesgcm:v1:one:abc')
  assert.equal(why(right, short), 'the stored data was shorter than the required size')
  const cbc = [rule('secrets', provider('aescbc', ['one', secret]))]
  const uneven = Buffer.from('k8s:enc:aescbc:v1:one:0123456789abcdef0')
  assert.equal(why(cbc, uneven), 'the stored data is not a multiple of the block size')
})

test('resources are told apart by where they are kept, with wildcards', () => {
  const isSealed = (resources: string, at: string) => {
    const codec = createValueCodec([rule(resources, provider('aesgcm', ['one', secret]))])
    return codec.seal(at, value) !== value
  }
  assert.equal(isSealed('secrets', '/registry/secrets/default/a'), true)
  assert.equal(isSealed('secrets', '/registry/secretsmore/default/a'), false)
  assert.equal(isSealed('secrets', '/registry/configmaps/default/a'), false)
  assert.equal(isSealed('services', '/registry/services/specs/default/a'), true)
  assert.equal(isSealed('services', '/registry/services/endpoints/default/a'), false)
  assert.equal(isSealed('deployments.apps', '/registry/deployments/default/a'), true)
  assert.equal(isSealed('events', '/registry/events/default/a'), true)
  assert.equal(isSealed('*.', '/registry/configmaps/default/a'), true)
  assert.equal(isSealed('*.', '/registry/minions/node-1'), true)
  assert.equal(isSealed('*.', '/registry/deployments/default/a'), false)
  assert.equal(isSealed('*.apps', '/registry/deployments/default/a'), true)
  assert.equal(isSealed('*.*', '/registry/cars.example.com/wheels/default/a'), true)
  assert.equal(isSealed('wheels.cars.example.com', '/registry/cars.example.com/wheels/x/a'), true)
  assert.equal(isSealed('wheels.cars.example.com', '/registry/cars.example.com/doors/x/a'), false)
  assert.equal(isSealed('*.*', '/registry/ranges/serviceips'), false)
  assert.equal(isSealed('*.*', '/registry/masterleases/10.0.0.1'), false)
})
