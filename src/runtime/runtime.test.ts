import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ContainerConfig } from '../cri/cri.ts'
import { check, runCommand } from '../host/command.ts'
import { loadImages } from './images/load.ts'
import { openImageStore } from './images/store.ts'
import { fabricIds, testInFabrics } from './testing/fabric.ts'
import { tar } from './testing/image.ts'
import { eventually, exited, logLines, security, testWorld } from './testing/world.ts'

const ids = fabricIds()
if (ids === undefined) testInFabrics(fileURLToPath(import.meta.url))
else tests()

function tests(): void {
  test('a container runs its command, logs both streams, and ends with its exit code', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const id = await run({
      command: ['sh', '-c', 'echo out; echo err >&2; echo again > /dev/stdout; exit 3'],
    })
    assert.deepEqual(await exited(world.node, id), { exitCode: 3, reason: 'Error', message: '' })
    assert.deepEqual([...logLines(world)].sort(), ['stderr err', 'stdout again', 'stdout out'])
  })

  test('a sandbox is made with a handler of the runtime, and with no other', async (t) => {
    const world = await testWorld(t)
    const { runtimeHandlers } = await world.node.status()
    assert.deepEqual(runtimeHandlers, ['', 'crun', 'runc', 'test-handler'])
    const { config } = await world.sandbox({ runtimeHandler: 'runc' })
    await assert.rejects(world.node.runPodSandbox({ ...config, runtimeHandler: 'nope' }), {
      code: 'Unknown',
      message: 'failed to get sandbox runtime: no runtime for "nope" is configured',
    })
    assert.equal((await world.node.listPodSandbox()).length, 1)
  })

  test('command, arguments, environment and folder come from the Pod over the image', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const id = await run({
      args: [
        'sh',
        '-c',
        'echo $IMG $A $HOSTNAME $HOME; pwd; hostname; cat /etc/resolv.conf /etc/hostname',
      ],
      envs: [{ key: 'A', value: 'x y' }],
      workingDir: '/made/by/the/runtime',
    })
    assert.equal((await exited(world.node, id)).exitCode, 0)
    assert.deepEqual(logLines(world), [
      'stdout 1 x y web /root',
      'stdout /made/by/the/runtime',
      'stdout web',
      'stdout search svc.cluster.local',
      'stdout nameserver 10.96.0.10',
      'stdout options ndots:5',
      'stdout web',
    ])
  })

  test('users come by number and by name, with their groups', {
    skip: ids === 'single',
  }, async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const idOf = async (change: Partial<ContainerConfig['security']>, n: number) => {
      const logPath = `id/${n}.log`
      const id = await run({
        command: ['sh', '-c', 'echo $(id -u) $(id -g) $(id -G); echo x > /dev/stderr'],
        logPath,
        security: { ...security, ...change },
      })
      await exited(world.node, id)
      return logLines(world, logPath)[0]
    }
    assert.equal(await idOf({ runAsUser: 101 }, 0), 'stdout 101 102 102 200')
    assert.equal(await idOf({ runAsUsername: 'web' }, 1), 'stdout 101 102 102 200')
    assert.equal(
      await idOf({ runAsUser: 5000, runAsGroup: 7, supplementalGroups: [8] }, 2),
      'stdout 5000 7 7 8',
    )
    await assert.rejects(
      idOf({ runAsUsername: 'who' }, 3),
      /unable to find user who: no matching entries in passwd file/,
    )
  })

  test('with one user id, other users are pretended', { skip: ids !== 'single' }, async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const script = 'touch /tmp/f && chown 101:102 /tmp/f && id -u'
    const id = await run({
      command: ['sh', '-c', script],
      security: { ...security, runAsUser: 101 },
    })
    assert.equal((await exited(world.node, id)).exitCode, 0)
    assert.deepEqual(logLines(world), ['stdout 0'])
    const { conditions } = await world.node.status()
    assert.equal(conditions.find(({ type }) => type === 'UserIdsLimited')?.status, true)
  })

  test('volumes are there, writable or not, over files and folders', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    mkdirSync(`${world.folder}/volume`)
    writeFileSync(`${world.folder}/file`, 'from outside\n')
    const at = { propagation: 'PRIVATE', readonly: false } as const
    const id = await run({
      command: ['sh', '-c', 'cat /etc/conf; echo in > /data/x; echo no > /ro/x; cat /ro/x'],
      mounts: [
        { ...at, containerPath: '/data', hostPath: `${world.folder}/volume` },
        { ...at, containerPath: '/ro', hostPath: `${world.folder}/volume`, readonly: true },
        { ...at, containerPath: '/etc/conf', hostPath: `${world.folder}/file`, readonly: true },
      ],
    })
    await exited(world.node, id)
    assert.equal(readFileSync(`${world.folder}/volume/x`, 'utf8'), 'in\n')
    assert.deepEqual([...logLines(world)].sort(), [
      "stderr sh: can't create /ro/x: Read-only file system",
      'stdout from outside',
      'stdout in',
    ])
  })

  test('a read-only root file system, and files of /proc that are kept from it', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const script =
      'touch /x; echo 1 > /proc/sys/kernel/panic; wc -c < /proc/keys; ls /proc/acpi | wc -l'
    const id = await run({
      command: ['sh', '-c', script],
      security: { ...security, readonlyRootfs: true },
    })
    await exited(world.node, id)
    assert.deepEqual([...logLines(world)].sort(), [
      "stderr sh: can't create /proc/sys/kernel/panic: Read-only file system",
      'stderr touch: /x: Read-only file system',
      'stdout 0',
      'stdout 0',
    ])
  })

  test('capabilities are the usual ones, fewer, or all', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const bounding = async (change: Partial<ContainerConfig['security']>, n: number) => {
      const logPath = `caps/${n}.log`
      const command = ['grep', 'CapBnd\\|NoNewPrivs\\|Seccomp:', '/proc/self/status']
      await exited(
        world.node,
        await run({ command, logPath, security: { ...security, ...change } }),
      )
      return logLines(world, logPath).map((line) => line.replace(/^stdout /, '').replace('\t', ' '))
    }
    const seccomp = ids === 'single' ? 2 : 0
    // Without a filter for devices nothing but the missing MKNOD keeps root from them.
    const isUnfiltered = ids === 'host' && existsSync('/sys/fs/cgroup/cgroup.controllers')
    assert.deepEqual(await bounding({}, 0), [
      `CapBnd: 00000000a${isUnfiltered ? '0' : '8'}0425fb`,
      'NoNewPrivs: 0',
      `Seccomp: ${seccomp}`,
    ])
    assert.deepEqual(
      await bounding(
        {
          capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
          noNewPrivs: true,
          seccomp: { type: 'RuntimeDefault' },
        },
        1,
      ),
      ['CapBnd: 0000000000000400', 'NoNewPrivs: 1', 'Seccomp: 2'],
    )
    assert.deepEqual(
      (await bounding({ privileged: true }, 2))[0],
      `CapBnd: ${/CapBnd:\t(.*)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]}`,
    )
  })

  test('RuntimeDefault refuses what containers have no business with', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const secured = {
      ...security,
      capabilities: { add: ['SYS_CHROOT'], drop: [] },
      seccomp: { type: 'RuntimeDefault' } as const,
    }
    const id = await run({
      command: ['sh', '-c', 'mount -t tmpfs x /tmp; ls / > /dev/null && echo fine'],
      security: secured,
    })
    await exited(world.node, id)
    assert.deepEqual([...logLines(world)].sort(), [
      'stderr mount: permission denied (are you root?)',
      'stdout fine',
    ])
  })

  test('a command that is not there is a failed start, in words people know', async (t) => {
    const world = await testWorld(t)
    const { create } = await world.sandbox()
    const id = await create({ command: ['nope'] })
    const message =
      /OCI runtime create failed: .*exec: "nope": executable file not found in \$PATH$/
    await assert.rejects(world.node.startContainer(id), { name: 'CriError', message })
    const status = await world.node.containerStatus(id)
    assert.deepEqual([status.state, status.exitCode, status.reason], ['EXITED', 128, 'StartError'])
    assert.match(status.message, message)
  })

  test('containers of a sandbox share network, host name and shared memory, not processes', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const script = 'for n in net uts ipc pid mnt; do readlink /proc/self/ns/$n; done; ps | wc -l'
    await Promise.all(
      [0, 1].map((n) =>
        run({ command: ['sh', '-c', `${script}; sleep 1000`], logPath: `ns/${n}.log` }),
      ),
    )
    await eventually(() => [0, 1].every((n) => logLines(world, `ns/${n}.log`).length === 6))
    const [first, second] = [0, 1].map((n) => logLines(world, `ns/${n}.log`))
    assert.deepEqual(first?.slice(0, 3), second?.slice(0, 3))
    assert.notDeepEqual(first?.slice(3, 5), second?.slice(3, 5))
    await exited(world.node, await run({ command: ['sh', '-c', 'echo shared > /dev/shm/x'] }))
    await exited(world.node, await run({ command: ['cat', '/dev/shm/x'], logPath: 'shm/0.log' }))
    assert.deepEqual(logLines(world, 'shm/0.log'), ['stdout shared'])
  })

  test('containers may share their processes, and the first of them is the pause', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox({
      namespaceOptions: { network: 'POD', pid: 'POD', ipc: 'POD' },
    })
    const first = await run({ command: ['sleep', '1000'] })
    const id = await run({ command: ['ps', '-o', 'args'], logPath: 'ps/0.log' })
    await exited(world.node, id)
    const lines = logLines(world, 'ps/0.log')
    assert.ok(lines.includes('stdout sleep 1000'))
    assert.match(lines[1] ?? '', /pause$/)
    await world.node.stopContainer(first, 0)
    assert.equal((await exited(world.node, first)).exitCode, 137)
  })

  test("a Pod on the node's own network and processes", async (t) => {
    const world = await testWorld(t)
    const { run, id } = await world.sandbox({
      hostname: '',
      namespaceOptions: { network: 'NODE', pid: 'NODE', ipc: 'NODE' },
    })
    const own = ['net', 'pid', 'ipc'].map(
      (name) => `stdout ${readlinkSync(`/proc/self/ns/${name}`)}`,
    )
    const script = 'for n in net pid ipc; do readlink /proc/self/ns/$n; done; hostname'
    await exited(world.node, await run({ command: ['sh', '-c', script] }))
    assert.deepEqual(logLines(world), [...own, 'stdout n1'])
    assert.deepEqual((await world.node.podSandboxStatus(id)).ips, [])
  })

  test('sysctls of the sandbox are set', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox({
      sysctls: { 'net.ipv4.ip_local_port_range': '1024 65000' },
    })
    const files = [
      '/proc/sys/net/ipv4/ip_local_port_range',
      '/proc/sys/net/ipv4/ip_unprivileged_port_start',
    ]
    await exited(world.node, await run({ command: ['cat', ...files] }))
    assert.deepEqual(logLines(world), ['stdout 1024\t65000', 'stdout 0'])
  })

  test('a container ends by its stop signal, or is killed when its time is over', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const polite = await run({
      command: ['sh', '-c', 'trap "exit 7" USR1; echo ready; while :; do sleep 0.01; done'],
      stopSignal: 'SIGUSR1',
    })
    await eventually(() => logLines(world).includes('stdout ready'))
    await world.node.stopContainer(polite, 30)
    assert.equal((await exited(world.node, polite)).exitCode, 7)
    const deaf = await run({ command: ['sh', '-c', 'trap "" TERM; while :; do sleep 0.01; done'] })
    await world.node.stopContainer(deaf, 0.05)
    assert.equal((await exited(world.node, deaf)).exitCode, 137)
    await world.node.stopContainer(deaf, 1)
  })

  test('what runs out of its memory is OOMKilled', { skip: ids !== 'host' }, async (t) => {
    const world = await testWorld(t)
    if (
      (await world.node.status()).conditions.some(
        ({ type, status }) => type === 'CgroupsLimited' && status,
      )
    )
      return
    const { run } = await world.sandbox()
    const id = await run({
      command: ['sh', '-c', 'x=aaaaaaaa; while :; do x=$x$x; done'],
      resources: {
        memoryLimitBytes: 32 << 20,
        cpuQuota: 50_000,
        cpuPeriod: 100_000,
        pidsLimit: 20,
      },
    })
    const { exitCode, reason } = await exited(world.node, id)
    assert.deepEqual([exitCode, reason], [137, 'OOMKilled'])
  })

  test('stats come from the cgroup or from /proc', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const id = await run({
      command: [
        'sh',
        '-c',
        'dd if=/dev/zero of=/file bs=1k count=100 2>/dev/null; echo done; sleep 1000',
      ],
    })
    await eventually(() => logLines(world).includes('stdout done'))
    const { memoryWorkingSetBytes, rootfsUsedBytes } = await world.node.stats(id)
    assert.ok(memoryWorkingSetBytes > 0)
    assert.ok(rootfsUsedBytes >= 100 * 1024)
  })

  test('an upper layer hides what it removed, and a volume may be an image', async (t) => {
    const world = await testWorld(t)
    const files = tar([
      { name: 'keep', content: 'k\n' },
      { name: 'drop', content: 'd\n' },
      { name: 'dir/', type: '5' },
      { name: 'dir/old' },
    ])
    const upper = tar([
      { name: '.wh.drop' },
      { name: 'dir/', type: '5' },
      { name: 'dir/.wh..wh..opq' },
      { name: 'dir/new' },
    ])
    await world.load({ layers: [files, upper], names: ['data'] })
    await world.load({ layers: [files], names: ['one'] })
    const { run } = await world.sandbox()
    const at = { propagation: 'PRIVATE', readonly: true } as const
    const id = await run({
      command: ['sh', '-c', 'ls /v /v/dir; cat /v/keep; ls /one'],
      mounts: [
        { ...at, containerPath: '/v', image: { image: 'data' } },
        { ...at, containerPath: '/one', image: { image: 'one' } },
      ],
    })
    await exited(world.node, id)
    assert.deepEqual(
      logLines(world).filter((line) => !/:$|stdout $/.test(line)),
      [
        'stdout dir',
        'stdout keep',
        'stdout new',
        'stdout k',
        'stdout dir',
        'stdout drop',
        'stdout keep',
      ],
    )
  })

  test('with processes shared, those of a container end with its first', async (t) => {
    const world = await testWorld(t)
    const namespaceOptions = { network: 'POD', pid: 'POD', ipc: 'POD' } as const
    const { run } = await world.sandbox({ namespaceOptions })
    const other = await run({ command: ['sleep', '1000'], logPath: 'other/0.log' })
    const id = await run({ command: ['sh', '-c', 'sleep 6666 & echo go; exit 0'] })
    await exited(world.node, id)
    await eventually(async () => {
      const { stdout } = await world.node.execSync(other, ['ps', '-o', 'args'], 0)
      return !String(stdout).includes('6666')
    })
  })

  test('a full disk: the load fails and says so, and the store is as it was', async (t) => {
    const world = await testWorld(t)
    const folder = `${world.folder}/small`
    mkdirSync(folder)
    await check(runCommand, ['mount', '-t', 'tmpfs', '-o', 'size=1m', 'small', folder])
    const store = openImageStore(folder)
    const options = { isUserNamespace: ids !== 'host', keepsOwners: ids !== 'single' }
    await assert.rejects(loadImages(store, `${world.folder}/image.tar`, options), {
      code: 'ResourceExhausted',
      message: /no space left on device$/,
    })
    assert.deepEqual(store.list(), [])
    for (const name of ['layers', 'tmp']) assert.deepEqual(readFolder(`${folder}/${name}`), [])
    await check(runCommand, ['umount', folder])
  })

  test('nothing stays of a sandbox that was removed', async (t) => {
    const world = await testWorld(t)
    const { run, id } = await world.sandbox()
    await run({ command: ['sleep', '1000'] })
    await world.node.removePodSandbox(id)
    await world.node.removePodSandbox(id)
    assert.deepEqual(await world.node.listContainers(), [])
    for (const folder of ['sandboxes', 'containers', 'crun', 'supervised', 'exec'])
      assert.deepEqual(readFolder(`${world.runFolder}/${folder}`), [])
    for (const folder of ['sandboxes', 'containers'])
      assert.deepEqual(readFolder(`${world.folder}/runtime/${folder}`), [])
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    assert.equal(mounts.includes(`${world.runFolder}/sandboxes`), false)
    const { stdout } = await runCommand(['find', `${world.runFolder}/cgroup`, '-name', 'podu1'])
    assert.equal(stdout, '')
  })

  test('an image that a container is made from cannot be removed', async (t) => {
    const world = await testWorld(t)
    const { create, id } = await world.sandbox()
    await create({ command: ['true'] })
    await assert.rejects(world.runtime.images.removeImage({ image: 'busybox' }), {
      code: 'FailedPrecondition',
    })
    await world.node.removePodSandbox(id)
    await world.runtime.images.removeImage({ image: 'busybox' })
    assert.deepEqual(await world.runtime.images.listImages(), [])
    assert.deepEqual(readFolder(`${world.folder}/images/layers`), [])
  })
}

function readFolder(path: string): readonly string[] {
  return existsSync(path) ? readdirSync(path) : []
}
