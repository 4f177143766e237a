import assert from 'node:assert/strict'
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { runCommand } from '../../host/command.ts'
import {
  compress,
  dockerArchive,
  type Entry,
  ociFiles,
  sha256,
  type TestImage,
  tar,
  writeFiles,
} from '../testing/image.ts'
import { findImage } from './find.ts'
import { loadImages } from './load.ts'
import { openImageStore } from './store.ts'

const isRoot = process.getuid?.() === 0
const options = { isUserNamespace: false, keepsOwners: isRoot }

function world(t: TestContext) {
  const folder = mkdtempSync(`${tmpdir()}/sampan-images-`)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const store = openImageStore(`${folder}/images`)
  const load = (name: string, bytes: Uint8Array) => {
    writeFileSync(`${folder}/${name}`, bytes)
    return loadImages(store, `${folder}/${name}`, options)
  }
  return { folder, store, load }
}

const hello: TestImage = {
  layers: [tar([{ name: 'hello.txt', content: 'hello\n' }])],
  config: { Cmd: ['cat', '/hello.txt'], User: '5' },
  names: ['hello:1'],
}

test('a docker archive gives its images under all their names', async (t) => {
  const { store, load } = world(t)
  const images = await load(
    'x.tar',
    dockerArchive([{ ...hello, names: ['hello:1', 'quay.io/a/b:2'] }]),
  )
  assert.deepEqual(
    images.map(({ tags, digests }) => ({ tags, digests })),
    [{ tags: ['docker.io/library/hello:1', 'quay.io/a/b:2'], digests: [] }],
  )
  const { folder, names } = store.layersOf(images[0] ?? assert.fail())
  assert.equal(readFileSync(`${folder}/${names[0]}/hello.txt`, 'utf8'), 'hello\n')
  assert.equal(findImage(store, 'hello:1')?.id, images[0]?.id)
  assert.equal(findImage(store, images[0]?.id ?? '')?.id, images[0]?.id)
  assert.equal(findImage(store, 'hello'), undefined)
})

test('several images in one file share their layers', async (t) => {
  const { store, load } = world(t)
  const top = tar([{ name: 'two', content: '2' }])
  const other: TestImage = { layers: [...hello.layers, top], names: ['other'] }
  await load('x.tar', dockerArchive([hello, other]))
  assert.equal(store.list().length, 2)
  assert.equal(readdirSync(`${store.folder}/layers`).length, 2)
  const { names } = store.layersOf(findImage(store, 'other:latest') ?? assert.fail())
  assert.equal(names[0], sha256(top).slice(7, 23))
})

for (const compression of ['none', 'gzip', 'zstd'] as const)
  test(`an OCI archive with ${compression} layers`, async (t) => {
    const { store, load } = world(t)
    const files = ociFiles([hello], { compression })
    const [image] = await load('x.tar', tar(files))
    const manifest = files.find(
      ({ name, content }) =>
        /blobs/.test(name) &&
        /layers/.test(String(content)) &&
        /config/.test(String(content)) &&
        !/rootfs/.test(String(content)),
    )
    assert.deepEqual(image?.tags, ['docker.io/library/hello:1'])
    assert.deepEqual(image?.digests, [
      `docker.io/library/hello@${sha256(manifest?.content ?? Buffer.alloc(0))}`,
    ])
    assert.deepEqual((await store.config(image?.id ?? '')).cmd, ['cat', '/hello.txt'])
  })

test('an image that an index lists once for each name is one image', async (t) => {
  const { load } = world(t)
  const images = await load('x.tar', tar(ociFiles([{ ...hello, names: ['hello:1', 'hello:2'] }])))
  assert.deepEqual(
    images.map(({ tags }) => tags),
    [['docker.io/library/hello:1', 'docker.io/library/hello:2']],
  )
})

test('the whole archive may be compressed', async (t) => {
  const { load } = world(t)
  for (const how of ['gzip', 'zstd'] as const) {
    const [image] = await load(`x.tar.${how}`, compress(dockerArchive([hello]), how))
    assert.deepEqual(image?.tags, ['docker.io/library/hello:1'])
  }
})

test('an OCI layout may be a folder', async (t) => {
  const { folder, store } = world(t)
  writeFiles(`${folder}/layout`, ociFiles([hello], { annotation: 'io.containerd.image.name' }))
  const [image] = await loadImages(store, `${folder}/layout`, options)
  assert.deepEqual(image?.tags, ['docker.io/library/hello:1'])
})

test('a bare tag is a tag of what the file is named after', async (t) => {
  const { load } = world(t)
  const [image] = await load('nginx.oci.tar', tar(ociFiles([{ ...hello, names: ['1.23'] }])))
  assert.deepEqual(image?.tags, ['docker.io/library/nginx:1.23'])
})

test('a tag that another image had moves, and that image stays without it', async (t) => {
  const { store, load } = world(t)
  const [first] = await load('a.tar', dockerArchive([hello]))
  const next = { ...hello, config: { Cmd: ['true'] } }
  const [second] = await load('b.tar', dockerArchive([next]))
  assert.equal(findImage(store, 'hello:1')?.id, second?.id)
  assert.deepEqual(store.byId(first?.id ?? '')?.tags, [])
})

test('whiteouts become devices 0:0 and opaque folders are marked; devices are left out', {
  skip: !isRoot,
}, async (t) => {
  const { store, load } = world(t)
  const long = `${'d'.repeat(90)}/${'e'.repeat(90)}`
  const entries: readonly Entry[] = [
    { name: 'etc/', type: '5', mode: 0o711, uid: 7 },
    { name: 'etc/.wh.gone' },
    { name: 'opt/', type: '5' },
    { name: 'opt/.wh..wh..opq' },
    { name: 'dev-null', type: '3' },
    { name: 'x', pax: { path: `${long}/.wh.far` } },
    { name: 'x', pax: { path: `${long}/near` }, content: 'n' },
    { name: 'su', mode: 0o4755, uid: 3, gid: 4, content: '#!' },
    { name: 'su2', type: '1', linkName: 'su' },
  ]
  const [image] = await load('x.tar', dockerArchive([{ layers: [tar(entries)], names: ['w'] }]))
  const { folder, names } = store.layersOf(image ?? assert.fail())
  const root = `${folder}/${names[0]}`
  for (const name of ['etc/gone', `${long}/far`]) {
    const stats = lstatSync(`${root}/${name}`)
    assert.deepEqual([stats.isCharacterDevice(), stats.rdev], [true, 0])
  }
  assert.equal(readFileSync(`${root}/${long}/near`, 'utf8'), 'n')
  assert.equal(existsSync(`${root}/dev-null`), false)
  const { mode, uid, gid, ino } = statSync(`${root}/su`)
  assert.deepEqual([mode & 0o7777, uid, gid], [0o4755, 3, 4])
  assert.equal(statSync(`${root}/su2`).ino, ino)
  const etc = statSync(`${root}/etc`)
  assert.deepEqual([etc.mode & 0o777, etc.uid], [0o711, 7])
  const attributes = await runCommand([
    'getfattr',
    '-n',
    'trusted.overlay.opaque',
    `${root}/opt`,
  ]).catch(() => undefined)
  if (attributes) assert.match(attributes.stdout, /trusted.overlay.opaque="y"/)
})

const broken: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = {
  'that is no archive': [Buffer.from('hello'.repeat(300)), /neither a tar file nor a folder/],
  'that is empty': [Buffer.alloc(0), /no image in it/],
  'without a manifest': [tar([{ name: 'x' }]), /neither index.json nor manifest.json is there/],
  'cut in the middle': [dockerArchive([hello]).subarray(0, 2100), /incomplete|no image in it/],
  'cut, compressed': [gzipSync(dockerArchive([hello])).subarray(0, 200), /unexpected end of file/],
  'with a wrong layer': [
    tar([
      {
        name: 'c.json',
        content: JSON.stringify({ rootfs: { diff_ids: [`sha256:${'0'.repeat(64)}`] } }),
      },
      { name: 'l.tar', content: hello.layers[0] ?? '' },
      { name: 'manifest.json', content: JSON.stringify([{ Config: 'c.json', Layers: ['l.tar'] }]) },
    ]),
    /unexpected layer digest: expected sha256:0+, got sha256:/,
  ],
  'with a damaged blob': [
    tar(
      ociFiles([hello]).map(({ name, content }) => ({
        name,
        content:
          /blobs/.test(name) && content[0] === 0x1f
            ? compress(tar([{ name: 'evil' }]), 'gzip')
            : content,
      })),
    ),
    /the archive is damaged|unexpected layer digest/,
  ],
}

for (const [what, [bytes, message]] of Object.entries(broken))
  test(`a file ${what} is refused, and the store is as it was`, async (t) => {
    const { store, load } = world(t)
    await assert.rejects(load('bad.tar', bytes), { name: 'CriError', message })
    assert.deepEqual(store.list(), [])
    for (const folder of ['layers', 'tmp', 'blobs/sha256'])
      assert.deepEqual(readdirSync(`${store.folder}/${folder}`), [])
  })

test('a store opened again has what it had', async (t) => {
  const { store, load } = world(t)
  await load('x.tar', dockerArchive([hello]))
  assert.deepEqual(openImageStore(store.folder).list(), store.list())
})

test('removing the last name removes the image and what only it had', async (t) => {
  const { store, load } = world(t)
  const other: TestImage = { ...hello, names: ['other'], config: {} }
  await load('x.tar', dockerArchive([{ ...hello, names: ['hello:1', 'hello:2'] }, other]))
  await store.removeName('docker.io/library/hello:1')
  await store.collect()
  assert.equal(store.list().length, 2)
  await store.removeName('docker.io/library/hello:2')
  await store.collect()
  assert.deepEqual(
    store.list().map(({ tags }) => tags),
    [['docker.io/library/other:latest']],
  )
  assert.equal(readdirSync(`${store.folder}/layers`).length, 1)
  assert.equal(readdirSync(`${store.folder}/blobs/sha256`).length, 1)
})
