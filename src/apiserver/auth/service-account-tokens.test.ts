import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { testClock } from '../../lib/clock.ts'
import { createReader } from '../reader.ts'
import { mapRegistry } from '../testing/map-registry.ts'
import { signingKey } from './jwt.ts'
import { legacyClaims } from './service-account-claims.ts'
import { createServiceAccountTokens } from './service-account-tokens.ts'
import { remembering } from './tokens.ts'

const issuer = 'https://issuer'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

async function world(key: KeyObject = rsa) {
  const clock = testClock('2026-01-01T00:00:00Z')
  const reader = createReader(mapRegistry().handle)
  const create = (kind: string, path: string, fields: object = {}) =>
    reader.send({
      method: 'POST',
      path: `/api/v1/namespaces/a/${path}`,
      body: JSON.stringify({ kind, metadata: { name: 'x', namespace: 'a', uid: 'u' }, ...fields }),
    })
  await create('ServiceAccount', 'serviceaccounts')
  const tokens = createServiceAccountTokens({
    issuer,
    audiences: [issuer],
    signingKey: signingKey(key),
    reader,
    now: clock.now,
  })
  const iat = clock.now().getTime() / 1000
  const claims = (more: object = {}, bound: object = {}) => ({
    ...{ iss: issuer, aud: [issuer], iat, nbf: iat, exp: iat + 600, jti: 'j' },
    'kubernetes.io': { namespace: 'a', serviceaccount: { name: 'x', uid: 'u' }, ...bound },
    ...more,
  })
  return { clock, reader, create, tokens, claims }
}

const user = {
  name: 'system:serviceaccount:a:x',
  uid: 'u',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:a'],
}

test('a bound token is known while it is good, under RSA and elliptic keys', async () => {
  for (const key of [rsa, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey]) {
    const { tokens, claims, clock } = await world(key)
    const token = tokens.sign(claims())
    const found = await tokens.authenticate(token, [issuer, 'other'])
    assert.deepEqual(found, {
      user: { ...user, extra: { 'authentication.kubernetes.io/credential-id': ['JTI=j'] } },
      audiences: [issuer],
    })
    clock.advance(600_000)
    assert.equal(await tokens.authenticate(token, [issuer]), undefined)
  }
})

test('another audience, issuer, key or time, or a changed token is refused', async () => {
  const { tokens, claims } = await world()
  const refused = async (token: string, audience = issuer) =>
    assert.equal(await tokens.authenticate(token, [audience]), undefined)
  await refused(tokens.sign(claims()), 'other')
  await refused(tokens.sign(claims({ iss: 'https://elsewhere' })))
  await refused(tokens.sign(claims({ nbf: 4_000_000_000 })))
  await refused(
    (await world(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey)).tokens.sign(
      claims(),
    ),
  )
  const [head, , signature] = tokens.sign(claims()).split('.')
  const forged = Buffer.from(JSON.stringify(claims({ exp: 9e9 }))).toString('base64url')
  await refused(`${head}.${forged}.${signature}`)
  await refused('not.a.token')
})

test('a token dies with its account and with the Pod it is bound to', async () => {
  const { tokens, claims, reader, create } = await world()
  await create('Pod', 'pods')
  const token = tokens.sign(claims({}, { pod: { name: 'x', uid: 'u' } }))
  const alive = async () => (await tokens.authenticate(token, [issuer])) !== undefined
  assert.equal(await alive(), true)
  await reader.send({ method: 'DELETE', path: '/api/v1/namespaces/a/pods/x' })
  assert.equal(await alive(), false)
  await create('Pod', 'pods', { metadata: { name: 'x', namespace: 'a', uid: 'other' } })
  assert.equal(await alive(), false)
})

test('a legacy token is good while its Secret holds it', async () => {
  const { tokens, create } = await world()
  const token = tokens.sign(
    legacyClaims({ namespace: 'a', account: { name: 'x', uid: 'u' }, secret: 'x' }),
  )
  assert.equal(await tokens.authenticate(token, [issuer]), undefined)
  await create('Secret', 'secrets', { data: { token: Buffer.from(token).toString('base64') } })
  assert.deepEqual(await tokens.authenticate(token, [issuer]), { user, audiences: [issuer] })
})

test('a good token is remembered for ten seconds', async () => {
  const { tokens, claims, clock, reader } = await world()
  const remembered = remembering(tokens, () => clock.now().getTime())
  const token = tokens.sign(claims())
  const known = async () => (await remembered.authenticate(token, [issuer])) !== undefined
  assert.equal(await known(), true)
  await reader.send({ method: 'DELETE', path: '/api/v1/namespaces/a/serviceaccounts/x' })
  assert.equal(await known(), true)
  clock.advance(10_000)
  assert.equal(await known(), false)
})
