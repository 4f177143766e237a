import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerConfig } from '../../cri/cri.ts'
import type { ImageConfig } from '../images/image-config.ts'
import { planCapabilities } from './capabilities.ts'
import { propagationOf } from './mounts.ts'
import { type BundlePlan, NoCommand, planBundle } from './plan.ts'
import { planArgs } from './process.ts'
import { resolveUser } from './user.ts'

const image: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  user: '',
  env: ['PATH=/opt/bin', 'LANG=C'],
  entrypoint: ['/entry'],
  cmd: ['serve'],
  workingDir: '/srv',
  stopSignal: '',
  diffIds: [],
}

const security: ContainerConfig['security'] = {
  privileged: false,
  supplementalGroups: [],
  readonlyRootfs: false,
  noNewPrivs: false,
}

const config: ContainerConfig = {
  metadata: { name: 'c', attempt: 0 },
  image: { image: 'x' },
  envs: [{ key: 'LANG', value: 'de' }],
  mounts: [],
  devices: [],
  labels: {},
  annotations: {},
  logPath: 'c/0.log',
  stdin: false,
  stdinOnce: false,
  tty: false,
  resources: {},
  security,
}

const all = 2n ** 41n - 1n

const plan: BundlePlan = {
  config,
  image,
  user: { uid: 5, gid: 6, additionalGids: [6, 7], home: '/home/x' },
  sandbox: {
    hostname: 'web',
    files: {
      hostname: '/s/hostname',
      hosts: '/s/hosts',
      resolvConf: '/s/resolv.conf',
      shm: '/s/shm',
    },
    namespaces: { network: '/s/net', uts: '/s/uts', ipc: '/s/ipc', pid: 'new' },
  },
  machine: {
    ids: 'range',
    bounding: all,
    cgroupFolders: {},
    isMknodHarmless: true,
    lowestOomScoreAdj: -1000,
  },
  rootfs: '/r',
  devices: [],
  imageVolumes: {},
}

test('the process: arguments, environment, folder, user', () => {
  const { process } = planBundle(plan)
  assert.deepEqual(process.args, ['/entry', 'serve'])
  assert.deepEqual(process.env, ['PATH=/opt/bin', 'HOSTNAME=web', 'HOME=/home/x', 'LANG=de'])
  assert.equal(process.cwd, '/srv')
  assert.deepEqual(process.user, { uid: 5, gid: 6, additionalGids: [6, 7] })
})

test('a command drops the whole of the image; arguments only its own', () => {
  assert.deepEqual(planArgs({ command: ['a'], args: ['b'] }, image), ['a', 'b'])
  assert.deepEqual(planArgs({ command: ['a'] }, image), ['a'])
  assert.deepEqual(planArgs({ args: ['b'] }, image), ['/entry', 'b'])
  const empty = { ...image, entrypoint: [], cmd: [] }
  assert.throws(() => planBundle({ ...plan, image: empty }), NoCommand)
})

test('namespaces: those of the sandbox are joined, the rest are new', () => {
  assert.deepEqual(planBundle(plan).linux.namespaces, [
    { type: 'mount' },
    { type: 'network', path: '/s/net' },
    { type: 'uts', path: '/s/uts' },
    { type: 'ipc', path: '/s/ipc' },
    { type: 'pid' },
  ])
  const host = { ...plan.sandbox, namespaces: { network: '/n', uts: '/u', pid: 'host' } as const }
  const machine = { ...plan.machine, cgroupFolders: { '': '/c' } }
  assert.deepEqual(planBundle({ ...plan, machine, sandbox: host }).linux.namespaces, [
    { type: 'mount' },
    { type: 'network', path: '/n' },
    { type: 'uts', path: '/u' },
    { type: 'cgroup' },
  ])
})

test("a Pod's own mount takes the place of the sandbox's file, and parents come first", () => {
  const at = { readonly: false, propagation: 'PRIVATE' } as const
  const mounts = [
    { ...at, containerPath: '/data/deep/er', hostPath: '/b' },
    { ...at, containerPath: '/data', hostPath: '/a' },
    { ...at, containerPath: '/etc/hosts', hostPath: '/h', readonly: true },
  ]
  const planned = planBundle({ ...plan, config: { ...config, mounts } }).mounts
  assert.deepEqual(
    planned
      .slice(-3)
      .map(({ destination, source, options }) => [destination, source, options.at(-1)]),
    [
      ['/data', '/a', 'rw'],
      ['/etc/hosts', '/h', 'ro'],
      ['/data/deep/er', '/b', 'rw'],
    ],
  )
  assert.equal(planned.filter(({ destination }) => destination === '/etc/hosts').length, 1)
})

test('one user id: root it is, terminals have no group, other users are pretended', () => {
  const spec = planBundle({ ...plan, machine: { ...plan.machine, ids: 'single' } })
  assert.deepEqual(spec.process.user, { uid: 0, gid: 0, additionalGids: [] })
  const pts = spec.mounts.find(({ destination }) => destination === '/dev/pts')
  assert.equal(pts?.options.includes('gid=5'), false)
  assert.deepEqual(spec.linux.seccomp?.syscalls.at(-1)?.errnoRet, 0)
})

test('privileged: all that we have, nothing masked, no filter', () => {
  const privileged = { ...config, security: { ...security, privileged: true } }
  const spec = planBundle({ ...plan, config: privileged })
  assert.equal(spec.process.capabilities.bounding.length, 41)
  assert.deepEqual(
    [spec.linux.maskedPaths, spec.linux.readonlyPaths, spec.linux.seccomp],
    [[], [], undefined],
  )
})

test('capabilities: added, dropped, all, and never more than we have', () => {
  const rules = { isMknodHarmless: true, bounding: all }
  const ask = (add: readonly string[], drop: readonly string[], more = rules) =>
    planCapabilities({ ...security, capabilities: { add, drop } }, more)
  assert.deepEqual(ask(['CAP_SYS_TIME'], ['ALL']), ['CAP_SYS_TIME'])
  assert.equal(ask([], ['CHOWN']).length, 13)
  assert.equal(ask(['ALL'], ['SYS_ADMIN']).length, 40)
  assert.deepEqual(ask([], [], { isMknodHarmless: false, bounding: (2n ** 27n) | 1n }), [
    'CAP_CHOWN',
  ])
})

test('an oom score below what we may give becomes the lowest that we may', () => {
  const resources = { oomScoreAdj: -997 }
  const machine = { ...plan.machine, lowestOomScoreAdj: 0 }
  assert.equal(planBundle({ ...plan, config: { ...config, resources } }).process.oomScoreAdj, -997)
  assert.equal(
    planBundle({ ...plan, machine, config: { ...config, resources } }).process.oomScoreAdj,
    0,
  )
})

test('mounts that others see ask for a shared mount namespace', () => {
  const at = { containerPath: '/a', readonly: false }
  assert.equal(propagationOf([{ ...at, propagation: 'PRIVATE' }]), 'private')
  assert.equal(propagationOf([{ ...at, propagation: 'HOST_TO_CONTAINER' }]), 'slave')
  assert.equal(propagationOf([{ ...at, propagation: 'BIDIRECTIONAL' }]), 'unchanged')
})

const files = {
  passwd: 'root:x:0:0::/root:/bin/sh\nweb:x:101:102::/srv:\n',
  group: 'web:x:102:\nlog:x:9:web,x\n',
}
const wish = { supplementalGroups: [], imageUser: '' }

test("users: the Pod's number, the image's name, groups of both", () => {
  assert.deepEqual(resolveUser(wish, files), { uid: 0, gid: 0, additionalGids: [0], home: '/root' })
  const web = { uid: 101, gid: 102, additionalGids: [102, 9], home: '/srv' }
  assert.deepEqual(resolveUser({ ...wish, imageUser: 'web' }, files), web)
  assert.deepEqual(resolveUser({ ...wish, uid: 101, imageUser: 'root' }, files), web)
  assert.deepEqual(resolveUser({ ...wish, imageUser: '7:log', supplementalGroups: [3] }, files), {
    uid: 7,
    gid: 9,
    additionalGids: [9, 3],
    home: '/',
  })
  assert.throws(
    () => resolveUser({ ...wish, imageUser: 'web:none' }, files),
    /unable to find group none/,
  )
})
