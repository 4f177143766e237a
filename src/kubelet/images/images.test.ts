import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Secret } from '../../api/types.gen.ts'
import { fakeImage } from '../../cri/fake.ts'
import { planImageRemoval } from './image-gc.ts'
import { defaultPolicy, isValidReference, pullDecision, spanText } from './pull-policy.ts'
import { credentialsFor, withRegistry } from './pull-secrets.ts'

test('the policy decides, by whether the image is there', () => {
  const cases = [
    ['Always', true, 'pull'],
    ['Always', false, 'pull'],
    ['IfNotPresent', true, 'use'],
    ['IfNotPresent', false, 'pull'],
    ['Never', true, 'use'],
    ['Never', false, 'refuse'],
  ] as const
  for (const [policy, isPresent, expected] of cases)
    assert.equal(pullDecision(policy, isPresent), expected)
  assert.equal(defaultPolicy('nginx'), 'Always')
  assert.equal(defaultPolicy('localhost:5000/nginx'), 'Always')
  assert.equal(defaultPolicy('nginx:1.23'), 'IfNotPresent')
})

test('references that no registry could have are told apart', () => {
  const digest = `nginx@sha256:${'0'.repeat(64)}`
  for (const image of ['nginx', 'Registry.example:5000/a/b:1.0', 'a__b/c', digest])
    assert.equal(isValidReference(image), true, image)
  for (const image of ['NGINX', '', 'a b', 'nginx:', 'http://x/y'])
    assert.equal(isValidReference(image), false, image)
})

function pullSecret(auths: object): Secret {
  const text = Buffer.from(JSON.stringify({ auths })).toString('base64')
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    data: { '.dockerconfigjson': text },
  }
}

test('credentials are found by registry and path, the longest match first', () => {
  const auth = Buffer.from('me:a:b').toString('base64')
  const secret = pullSecret({
    'registry.example': { username: 'any', password: 'p' },
    'registry.example/team': { auth },
    '*.cloud.example': { username: 'wild', password: 'p' },
    'https://index.docker.io/v1/': { username: 'hub', password: 'p' },
  })
  const names = (image: string) => credentialsFor(image, [secret]).map(({ username }) => username)
  assert.deepEqual(names('registry.example/team/app:1'), ['me', 'any'])
  assert.deepEqual(names('registry.example/app'), ['any'])
  assert.deepEqual(names('eu.cloud.example/app'), ['wild'])
  assert.deepEqual(names('nginx'), ['hub'])
  assert.deepEqual(names('other.example/app'), [])
  assert.equal(credentialsFor('registry.example/team/a', [secret])[0]?.password, 'a:b')
  assert.equal(withRegistry('library/nginx:1.23'), 'docker.io/library/nginx')
})

test('spans are printed as Go prints them', () => {
  assert.deepEqual([5, 1500, 61_000].map(spanText), ['5ms', '1.5s', '1m1s'])
})

test('images go only from a full disk: unused ones, the longest unused first', () => {
  const known = (name: string, lastUsedMs: number, isUsed = false) => ({
    image: { ...fakeImage(name), sizeBytes: 15 },
    isUsed,
    lastUsedMs,
  })
  const images = [known('new', 3), known('old', 1), known('used', 0, true), known('middle', 2)]
  const going = (usedBytes: number) =>
    planImageRemoval({ usedBytes, capacityBytes: 100 }, images).map(({ id }) => id)
  assert.deepEqual(going(99), [])
  assert.deepEqual(going(100), [fakeImage('old').id, fakeImage('middle').id])
})
