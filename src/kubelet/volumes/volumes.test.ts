import assert from 'node:assert/strict'
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ConfigMap, Secret, Volume } from '../../api/types.gen.ts'
import { container, testPod } from '../pod/test-observed.ts'
import { writeAtomically } from './atomic-writer.ts'
import { resolveHostPath, throughMounts } from './host-path.ts'
import { containerMounts, subPathOf } from './mounts.ts'
import { volumePayload } from './payload.ts'
import { refreshAtMs } from './tokens.ts'

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'volumes-'))
  t.after(() => rm(path, { recursive: true, force: true }))
  return path
}

const configMap: ConfigMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings' },
  data: { colour: 'red' },
  binaryData: { raw: 'AAE=' },
}
const secret: Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'keys' },
  data: { token: Buffer.from('s3cret').toString('base64') },
}
const pod = testPod(
  { containers: [container('web', { resources: { limits: { cpu: '2' } } })] },
  { metadata: { name: 'app', labels: { app: 'web' } } },
)

function ask(volume: Partial<Volume>): readonly string[] {
  const payload = volumePayload(
    { name: 'v', ...volume },
    {
      configMap: (name) => (name === 'settings' ? configMap : undefined),
      secret: (name) => (name === 'keys' ? secret : undefined),
      token: ({ audience }) => `token for ${audience}`,
      context: { pod, podIps: [], hostIps: [], allocatable: {} },
    },
  )
  return [...(payload ?? [])].map(
    ([path, { data, mode }]) => `${path} ${mode.toString(8)} ${Buffer.from(data)}`,
  )
}

test('objects become files with their modes', () => {
  const cases: readonly (readonly [Partial<Volume>, readonly string[]])[] = [
    [{ configMap: { name: 'settings' } }, ['colour 644 red', 'raw 644 \0\x01']],
    [
      {
        configMap: {
          name: 'settings',
          defaultMode: 0o400,
          items: [{ key: 'colour', path: 'a/b' }],
        },
      },
      ['a/b 400 red'],
    ],
    [
      { secret: { secretName: 'keys', items: [{ key: 'token', path: 't', mode: 0o600 }] } },
      ['t 600 s3cret'],
    ],
    [{ configMap: { name: 'none', optional: true } }, []],
    [{ secret: { secretName: 'keys', optional: true, items: [{ key: 'none', path: 't' }] } }, []],
    [
      {
        downwardAPI: {
          items: [
            { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
            { path: 'cpu', resourceFieldRef: { containerName: 'web', resource: 'limits.cpu' } },
          ],
        },
      },
      ['labels 644 app="web"', 'cpu 644 2'],
    ],
    [
      {
        projected: {
          defaultMode: 0o440,
          sources: [
            { serviceAccountToken: { path: 'token', audience: 'me' } },
            { configMap: { name: 'settings', items: [{ key: 'colour', path: 'c' }] } },
            { secret: { name: 'keys' } },
          ],
        },
      },
      // The later of two sources with one path wins, in the place of the first.
      ['token 440 s3cret', 'c 440 red'],
    ],
    [{ emptyDir: {} }, []],
  ]
  for (const [volume, expected] of cases) assert.deepEqual(ask(volume), expected)
})

test('what a volume lacks is named', () => {
  assert.throws(() => ask({ configMap: { name: 'none' } }), {
    message: 'configmap "none" not found',
  })
  assert.throws(() => ask({ secret: { secretName: 'keys', items: [{ key: 'x', path: 'x' }] } }), {
    message: 'references non-existent secret key: x',
  })
})

test('files change all at once, and those no longer wanted go', async (t) => {
  const directory = join(await folder(t), 'v')
  const file = (text: string, mode = 0o644) => ({ data: Buffer.from(text), mode })
  const payload = { a: file('1'), 'dir/b': file('2', 0o400) }
  await writeAtomically(directory, new Map(Object.entries(payload)))
  assert.equal(await readFile(join(directory, 'a'), 'utf8'), '1')
  assert.equal((await stat(join(directory, 'dir/b'))).mode & 0o777, 0o400)
  await writeAtomically(directory, new Map([['a', file('3')]]))
  assert.equal(await readFile(join(directory, 'a'), 'utf8'), '3')
  const names = (await readdir(directory)).filter((name) => !/^\.\.\d/.test(name))
  assert.deepEqual(names.sort(), ['..data', 'a'])
})

test('a path of the node leads through the deepest of its mounts', () => {
  const mounts = [
    { hostPath: '/srv/data', containerPath: '/data', readOnly: false },
    { hostPath: '/home/me', containerPath: '/data/home', readOnly: true },
  ]
  assert.deepEqual(throughMounts('/data/x', mounts), { path: '/srv/data/x', readOnly: false })
  assert.deepEqual(throughMounts('/data/home', mounts), { path: '/home/me', readOnly: true })
  assert.equal(throughMounts('/database', mounts), undefined)
})

test('hostPath makes what its type allows and refuses the rest', async (t) => {
  const root = await folder(t)
  const files = { mounts: [], root }
  const ask = (path: string, type: 'DirectoryOrCreate' | 'Directory' | 'FileOrCreate' | 'Socket') =>
    resolveHostPath({ path, type }, files)
  await assert.rejects(ask('/nowhere/x', 'Directory'), {
    message: 'hostPath type check failed: /nowhere/x is not a directory',
  })
  const made = await ask('/nowhere/x', 'DirectoryOrCreate')
  assert.equal(made.path, join(root, '/nowhere/x'))
  assert.equal((await ask('/nowhere/x', 'Directory')).path, made.path)
  const file = await ask('/nowhere/f', 'FileOrCreate')
  assert.equal((await stat(file.path)).isFile(), true)
  await assert.rejects(ask('/etc/hostname', 'Socket'), {
    message: 'hostPath type check failed: /etc/hostname is not a socket file',
  })
})

test('mounts know their propagation, and read-only volumes stay so', async (t) => {
  const path = await folder(t)
  const volumes = new Map([
    ['data', { path, readOnly: false }],
    ['fixed', { path, readOnly: true }],
    ['image', { image: 'busybox', readOnly: true }],
  ])
  const web = container('web', {
    volumeMounts: [
      { name: 'data', mountPath: '/data', mountPropagation: 'Bidirectional' },
      { name: 'fixed', mountPath: 'fixed' },
      { name: 'image', mountPath: '/image', readOnly: true },
    ],
  })
  assert.deepEqual(await containerMounts(web, volumes, {}), [
    { containerPath: '/data', hostPath: path, readonly: false, propagation: 'BIDIRECTIONAL' },
    { containerPath: '/fixed', hostPath: path, readonly: true, propagation: 'PRIVATE' },
    {
      containerPath: '/image',
      image: { image: 'busybox' },
      readonly: true,
      propagation: 'PRIVATE',
    },
  ])
})

test('a subPath stays inside its volume', async (t) => {
  const root = await folder(t)
  const path = join(root, 'volume')
  await mkdir(path)
  await writeFile(join(path, 'file'), 'x')
  await symlink('/etc', join(path, 'out'))
  await chmod(path, 0o755)
  const ask = (subPath: string) =>
    containerMounts(
      container('web', { volumeMounts: [{ name: 'v', mountPath: '/m', subPath }] }),
      new Map([['v', { path, readOnly: false }]]),
      {},
    )
  assert.equal((await ask('file'))[0]?.hostPath, join(path, 'file'))
  assert.equal((await ask('new/dir'))[0]?.hostPath, join(path, 'new/dir'))
  await assert.rejects(ask('out/passwd'), /leads out of its volume/)
  await assert.rejects(ask('../x'), /must not contain '\.\.'/)
})

test('subPathExpr needs every variable it names', () => {
  const mount = { name: 'v', mountPath: '/m', subPathExpr: '$(POD)/logs' }
  assert.equal(subPathOf(mount, { POD: 'app' }), 'app/logs')
  assert.throws(() => subPathOf(mount, {}), { message: 'missing value for "POD"' })
  assert.throws(() => subPathOf({ ...mount, subPathExpr: '/$(POD)' }, { POD: 'app' }), {
    message: 'error SubPath `/app` must not be an absolute path',
  })
})

test('a token is replaced when a fifth of its time is left, and every day', () => {
  const hour = 3_600_000
  const issued = { token: 't', issuedAtMs: 0, expiresAtMs: hour }
  assert.equal(refreshAtMs(issued), 0.8 * hour)
  assert.equal(refreshAtMs({ ...issued, expiresAtMs: 1000 * hour }), 24 * hour)
})
