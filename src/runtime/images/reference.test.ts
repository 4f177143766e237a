import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choosePlatform, ownPlatform } from './platform.ts'
import { formatReference, InvalidReference, parseReference } from './reference.ts'
import { parseChallenge, tokenUrl } from './registry/challenge.ts'

const digest = `sha256:${'a'.repeat(64)}`

const names: Readonly<Record<string, string>> = {
  nginx: 'docker.io/library/nginx:latest',
  'nginx:1.23': 'docker.io/library/nginx:1.23',
  'radial/busyboxplus:curl': 'docker.io/radial/busyboxplus:curl',
  'docker.io/nginx': 'docker.io/library/nginx:latest',
  'index.docker.io/a/b': 'docker.io/a/b:latest',
  'gcr.io/google-samples/kubernetes-bootcamp:v1': 'gcr.io/google-samples/kubernetes-bootcamp:v1',
  'localhost/x': 'localhost/x:latest',
  'localhost:5000/x/y:z': 'localhost:5000/x/y:z',
  [`nginx@${digest}`]: `docker.io/library/nginx@${digest}`,
  [`nginx:1@${digest}`]: `docker.io/library/nginx@${digest}`,
  '[::1]:5000/x': '[::1]:5000/x:latest',
}

for (const [text, full] of Object.entries(names))
  test(`${text} is ${full}`, () => assert.equal(formatReference(parseReference(text)), full))

for (const text of [
  '',
  'a b',
  'x/UPPER',
  'nginx:',
  'nginx:bad tag',
  'nginx@sha256:12',
  '/x',
  'a//b',
  '-x',
])
  test(`"${text}" is no image name`, () =>
    assert.throws(() => parseReference(text), InvalidReference))

test('of many machines this one is chosen', () => {
  const entry = (os: string, architecture: string, variant?: string) => ({
    platform: { os, architecture, ...(variant && { variant }) },
  })
  const entries = [
    entry('linux', 'arm', 'v6'),
    entry('linux', 'arm64', 'v8'),
    entry('windows', 'amd64'),
    entry('linux', 'amd64'),
  ]
  assert.equal(choosePlatform(entries, ownPlatform('x64')), entries[3])
  assert.equal(choosePlatform(entries, ownPlatform('arm64')), entries[1])
  assert.equal(choosePlatform(entries, ownPlatform('s390x')), undefined)
})

test('challenges of registries are understood', () => {
  const header =
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull",error="insufficient_scope"'
  const challenge = parseChallenge(header) ?? assert.fail()
  assert.equal(challenge.scheme, 'bearer')
  assert.equal(challenge.parameters['error'], 'insufficient_scope')
  assert.equal(
    tokenUrl(challenge, 'x'),
    'https://auth.docker.io/token?service=registry.docker.io&scope=repository%3Aa%2Fb%3Apull',
  )
  assert.equal(parseChallenge('Basic realm="r"')?.scheme, 'basic')
  assert.equal(parseChallenge('Basic realm="r", Bearer realm="https://t/"')?.scheme, 'bearer')
  assert.equal(parseChallenge('Negotiate'), undefined)
})
