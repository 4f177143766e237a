// Figures of the embedded runtime: image load, sandbox, container start, exec, memory. As root it
// makes namespaces like a cluster's and runs itself in them; prints one line a figure.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ContainerConfig, PodSandboxConfig } from '../src/cri/cri.ts'
import { removeClusterCgroups } from '../src/host/cgroup.ts'
import { readCgroupRoots } from '../src/host/cgroup-mounts.ts'
import { createRuntime } from '../src/runtime/runtime.ts'
import { runSupervisor } from '../src/runtime/supervisor/supervisor.ts'
import { busyboxLayer, dockerArchive } from '../src/runtime/testing/image.ts'

const inside = 'SAMPAN_BENCH_INSIDE'

const containerConfig: ContainerConfig = {
  metadata: { name: 'c', attempt: 0 },
  image: { image: 'busybox' },
  command: ['sleep', '1000'],
  envs: [],
  mounts: [],
  devices: [],
  labels: {},
  annotations: {},
  logPath: 'c/0.log',
  stdin: false,
  stdinOnce: false,
  tty: false,
  resources: {},
  security: { privileged: false, supplementalGroups: [], readonlyRootfs: false, noNewPrivs: false },
}

if (process.env[inside] === undefined) enterNamespaces()
else await measure()

function enterNamespaces(): void {
  const isRoot = process.getuid?.() === 0
  const user = isRoot ? [] : ['--user', '--map-root-user', '--map-auto']
  const namespaces = [
    '--net',
    '--mount',
    '--uts',
    '--ipc',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ]
  const script = 'mount -t tmpfs -o mode=755 tmpfs /run && "$@" & wait $!'
  const own = [process.execPath, fileURLToPath(import.meta.url)]
  const argv = [...user, ...namespaces, 'sh', '-c', script, 'sh', ...own]
  const env = { ...process.env, [inside]: isRoot ? 'host' : 'range' }
  process.exitCode = spawnSync('unshare', argv, { stdio: 'inherit', env }).status ?? 1
}

async function measure(): Promise<void> {
  const folder = mkdtempSync('/tmp/sampan-bench-')
  try {
    await measureIn(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureIn(folder: string): Promise<void> {
  const supervisorSocket = `${folder}/supervisor.sock`
  const supervisor = await runSupervisor({ socketPath: supervisorSocket, runFolder: '/run/sampan' })
  const runtime = await createRuntime({
    cluster: 'bench',
    folder: `${folder}/runtime`,
    imagesFolder: `${folder}/images`,
    runFolder: '/run/sampan',
    supervisorSocket,
    ids: process.env[inside] === 'range' ? 'range' : 'host',
  })
  const network = {
    add: async () => ({ ips: [] }),
    remove: async () => {},
    ready: () => ({ ready: true, message: '' }),
  }
  const node = runtime.node({ name: 'n', network, networkNamespace: '/proc/self/ns/net' })
  writeFileSync(
    `${folder}/busybox.tar`,
    dockerArchive([
      { layers: [busyboxLayer()], config: { Env: ['PATH=/bin'] }, names: ['busybox'] },
    ]),
  )
  await runtime.images.load(`${folder}/busybox.tar`)
  for (const file of builtImages()) {
    const megabytes = Math.round(readFileSync(file).length / 1e6)
    await once(`load ${file.split('/').at(-1)} (${megabytes} MB)`, () => runtime.images.load(file))
  }

  const sandbox = sandboxConfig(folder)
  await repeated('sandbox run', 10, async () => {
    const id = await node.runPodSandbox(sandbox)
    return () => node.removePodSandbox(id)
  })
  const id = await node.runPodSandbox(sandbox)
  await repeated('container create and start', 20, async () => {
    const container = await node.createContainer(id, containerConfig, sandbox)
    await node.startContainer(container)
    return () => node.removeContainer(container)
  })
  await once('20 containers at once', () =>
    Promise.all(
      Array.from({ length: 20 }, async () => {
        const container = await node.createContainer(id, containerConfig, sandbox)
        await node.startContainer(container)
      }),
    ),
  )
  const [first] = await node.listContainers()
  await repeated('exec', 20, async () => {
    await node.execSync(first?.id ?? '', ['true'], 0)
    return async () => {}
  })
  print('runtime process of a container', `${runtimePssKb().toFixed(0)} KB PSS`)
  await once('remove the sandbox with its 20 containers', () => node.removePodSandbox(id))
  runtime.close()
  await supervisor.close()
  await removeClusterCgroups('bench', readCgroupRoots())
}

function builtImages(): readonly string[] {
  const folder = fileURLToPath(new URL('../test/images/out', import.meta.url))
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.tar'))
    .map((name) => `${folder}/${name}`)
}

async function once(what: string, work: () => Promise<unknown>): Promise<void> {
  const startMs = performance.now()
  await work()
  print(what, `${(performance.now() - startMs).toFixed(0)} ms`)
}

/** The work gives what undoes it, which is not measured. */
async function repeated(
  what: string,
  times: number,
  work: () => Promise<() => Promise<unknown>>,
): Promise<void> {
  const tookMs: number[] = []
  for (let n = 0; n < times; n++) {
    const startMs = performance.now()
    const undo = await work()
    tookMs.push(performance.now() - startMs)
    await undo()
  }
  tookMs.sort((a, b) => a - b)
  const at = (share: number) => (tookMs[Math.floor((times - 1) * share)] ?? 0).toFixed(1)
  print(what, `p50 ${at(0.5)} ms, p90 ${at(0.9)} ms`)
}

function runtimePssKb(): number {
  const sizes = readdirSync('/proc').flatMap((pid) => {
    try {
      if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'crun') return []
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
      return [Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1])]
    } catch {
      return []
    }
  })
  return sizes.reduce((sum, size) => sum + size, 0) / Math.max(1, sizes.length)
}

function print(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(44)} ${figure}\n`)
}

function sandboxConfig(folder: string): PodSandboxConfig {
  return {
    metadata: { name: 'bench', uid: 'bench', namespace: 'default', attempt: 0 },
    hostname: 'bench',
    logDirectory: `${folder}/logs`,
    portMappings: [],
    labels: {},
    annotations: {},
    namespaceOptions: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
    sysctls: {},
    cgroupParent: '/kubepods/besteffort/podbench',
    runtimeHandler: '',
  }
}
