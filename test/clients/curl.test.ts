import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts'
import { runClient } from './support/kubectls.ts'

// Nothing but HTTP: what a person types to see what is going on.

const skip = spawnSync('curl', ['--version']).status !== 0 && 'curl is not on this machine'

let plane: ControlPlane
let home = ''

before(async () => {
  plane = await startControlPlane(['n1'])
  home = await mkdtemp(join(tmpdir(), 'curl-'))
  const { clusters, users } = JSON.parse(plane.kubeconfig)
  const [{ cluster }] = clusters
  const [{ user }] = users
  for (const [file, text] of Object.entries({
    'ca.crt': cluster['certificate-authority-data'],
    'client.crt': user['client-certificate-data'],
    'client.key': user['client-key-data'],
  }))
    await writeFile(join(home, file), Buffer.from(text, 'base64'))
})
after(async () => {
  await plane[Symbol.asyncDispose]()
  await rm(home, { recursive: true })
})

/** The answer's body, its status and media type. */
async function curl(path: string, ...more: readonly string[]) {
  const credentials = ['--cacert', 'ca.crt', '--cert', 'client.crt', '--key', 'client.key']
  const told = ['-w', '\n%{http_code} %{content_type}']
  const argv = ['curl', '-sS', '--max-time', '20', ...credentials, ...told, ...more]
  const { out, err } = await runClient(home, [...argv, `${plane.url}${path}`])
  const end = out.lastIndexOf('\n')
  return { body: out.slice(0, end), told: out.slice(end + 1), err }
}

const maps = '/api/v1/namespaces/default/configmaps'

test('people get JSON that they can read', { skip }, async () => {
  const { body, told } = await curl('/api/v1/namespaces/default')
  assert.equal(told, '200 application/json')
  assert.match(body, /^\{\n {2}"kind": "Namespace",\n {2}"apiVersion": "v1",\n {2}"metadata": \{\n/)
})

test('both versions of HTTP, compressed or not', { skip }, async () => {
  const plain = await curl('/openapi/v2', '--http1.1')
  for (const version of ['--http1.1', '--http2']) {
    const zipped = await curl('/openapi/v2', version, '--compressed', '-D', 'headers')
    assert.equal(zipped.body, plain.body)
    assert.match(await readFile(join(home, 'headers'), 'utf8'), /^content-encoding: gzip\r$/im)
  }
})

test('an object goes in as YAML, and comes out as YAML', { skip }, async () => {
  const yaml = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: typed}\ndata: {a: "1"}\n'
  const type = ['-H', 'Content-Type: application/yaml', '-H', 'Accept: application/yaml']
  const { body, told } = await curl(maps, ...type, '--data-binary', yaml)
  assert.equal(told, '201 application/yaml')
  assert.match(body, /^kind: ConfigMap\napiVersion: v1\nmetadata:\n/)
})

test('a body that says of no form is refused', { skip }, async () => {
  const form = await curl(maps, '-d', '{}')
  assert.equal(form.told, '415 application/json')
  assert.match(form.body, /"reason": "UnsupportedMediaType"/)
  const patch = await curl(`${maps}/typed`, '-X', 'PATCH', '-d', '{}')
  assert.equal(patch.told, '415 application/json')
  const broken = await curl(maps, '-H', 'Content-Type: application/json', '-d', '{')
  assert.equal(broken.told, '400 application/json')
})

test('a watch goes on for as long as was asked', { skip }, async () => {
  const { body, told } = await curl(
    `${maps}?watch=1&timeoutSeconds=1&fieldSelector=metadata.name=typed`,
  )
  assert.equal(told, '200 application/json')
  const events = body
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).type)
  assert.deepEqual(events, ['ADDED'])
})

test('who is nobody gets nothing, and who may do nothing is told so', { skip }, async () => {
  const { out } = await runClient(home, [
    ...['curl', '-sS', '--cacert', 'ca.crt', `${plane.url}/api/v1/secrets`],
  ])
  assert.match(out, /"code": 401|"reason": "Forbidden"/)
  const other = await curl('/api/v1/secrets', '-H', 'Impersonate-User: eve')
  assert.match(other.told, /^403 /)
  assert.match(other.body, /User \\"eve\\" cannot list resource \\"secrets\\"/)
})
