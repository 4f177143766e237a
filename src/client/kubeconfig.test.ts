import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { currentContext, mergeContext, readContext, removeContext } from './kubeconfig.ts'
import { changeKubeconfig, kubeconfigPath, readKubeconfig } from './kubeconfig-file.ts'

const mine = {
  name: 'sampan-dev',
  server: 'https://127.0.0.1:6443',
  ca: 'CA',
  cert: 'CERT',
  key: 'KEY',
}
const theirs = `# my clusters
apiVersion: v1
kind: Config
current-context: work
clusters:
- name: work   # the big one
  cluster: {server: "https://work:6443", proxy-url: "http://proxy"}
users:
- name: me
  user:
    exec: {command: login, apiVersion: client.authentication.k8s.io/v1}
contexts:
- name: work
  context: {cluster: work, user: me, namespace: shop}
`
const noFiles = (path: string): string => assert.fail(`reads ${path}`)

test('a new kubeconfig holds the context and makes it current', () => {
  const text = mergeContext('', mine)
  assert.deepEqual(readContext(text, noFiles), mine)
  assert.equal(
    text,
    `apiVersion: v1
kind: Config
preferences: {}
clusters:
  - name: sampan-dev
    cluster:
      certificate-authority-data: Q0E=
      server: https://127.0.0.1:6443
users:
  - name: sampan-dev
    user:
      client-certificate-data: Q0VSVA==
      client-key-data: S0VZ
contexts:
  - name: sampan-dev
    context:
      cluster: sampan-dev
      user: sampan-dev
current-context: sampan-dev
`,
  )
})

test('what is there stays, comments and unknown fields included', () => {
  const text = mergeContext(theirs, mine)
  assert.equal(currentContext(text), 'sampan-dev')
  for (const kept of ['# my clusters', '# the big one', 'proxy-url', 'exec:']) {
    assert.ok(text.includes(kept), kept)
  }
  const back = removeContext(text, 'sampan-dev')
  assert.equal(currentContext(back), undefined)
  assert.ok(!back.includes('sampan-dev'))
  assert.equal(readContext(back, noFiles, 'work').namespace, 'shop')
})

test('merging twice replaces', () => {
  const text = mergeContext(mergeContext(theirs, mine), {
    ...mine,
    server: 'https://127.0.0.1:7000',
  })
  assert.equal(readContext(text, noFiles).server, 'https://127.0.0.1:7000')
  assert.equal(text.match(/name: sampan-dev/g)?.length, 3)
})

test('another context stays current when asked to, and when this one goes', () => {
  const text = mergeContext(theirs, mine, { makeCurrent: false })
  assert.equal(currentContext(text), 'work')
  assert.equal(currentContext(removeContext(text, 'sampan-dev')), 'work')
})

test('says what is missing', () => {
  assert.throws(() => readContext(theirs, noFiles, 'home'), /no context "home"/)
  assert.throws(() => mergeContext('a: [', mine), /not valid YAML/)
  assert.throws(() => mergeContext('- a', mine), /not a mapping/)
})

test('the file keeps its mode, a new one is private, and files it names are read beside it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
  try {
    const path = join(folder, 'kube', 'config')
    changeKubeconfig(path, (text) => mergeContext(text, mine))
    assert.equal(statSync(path).mode & 0o777, 0o600)
    const other = join(folder, 'other')
    writeFileSync(join(folder, 'ca.crt'), 'PEM')
    const named = theirs.replace('proxy-url: "http://proxy"', 'certificate-authority: ca.crt')
    writeFileSync(other, named, { mode: 0o640 })
    changeKubeconfig(other, (text) => mergeContext(text, mine))
    assert.equal(statSync(other).mode & 0o777, 0o640)
    assert.equal(readKubeconfig(other, 'work').ca, 'PEM')
    assert.equal(kubeconfigPath({ KUBECONFIG: `${folder}/none:${other}` }), other)
    assert.ok(readFileSync(other, 'utf8').startsWith('# my clusters'))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
