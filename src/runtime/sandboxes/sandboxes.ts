// Sandboxes: namespaces as files on the fabric's own tmpfs, the Pod's network, files of /etc.
// Every verb may be repeated, and after a failure nothing half-made stays.

import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { PodSandboxConfig, PodSandboxStatus } from '../../cri/cri.ts'
import { CriError, unknownHandler } from '../../cri/cri.ts'
import type { SandboxNetwork } from '../../cri/pod-network.ts'
import { check } from '../../host/command.ts'
import type { BundleSandbox } from '../bundle/plan.ts'
import { removeContainer } from '../containers/remove.ts'
import { stopContainer } from '../containers/stop.ts'
import { type NodeOptions, nowMs, type SandboxRecord, type World } from '../world.ts'
import { renderHosts, renderResolvConf } from './files.ts'
import { endPidHolder, startPidHolder } from './pid-holder.ts'
import { namespaceArgv, namespaceFiles } from './script.ts'

/**
 * Names of crun: none, its own, the one that RuntimeClasses usually ask for, and the one that
 * Kubernetes' own tests expect of a node, as kind's nodes have it.
 */
export const handlers: readonly string[] = ['', 'crun', 'runc', 'test-handler']

export async function runPodSandbox(
  world: World,
  node: NodeOptions,
  config: PodSandboxConfig,
): Promise<string> {
  if (!handlers.includes(config.runtimeHandler)) throw unknownHandler(config.runtimeHandler)
  const id = randomBytes(32).toString('hex')
  const record: SandboxRecord = {
    id,
    node: node.name,
    config,
    createdAtMs: nowMs(world),
    state: 'NOTREADY',
    ips: [],
  }
  world.sandboxes.put(record)
  try {
    await makeNamespaces(world, record)
    const pidHolder = config.namespaceOptions.pid === 'POD' ? await startPidHolder() : undefined
    const { ips } = hasOwnNetwork(record)
      ? await node.network.add(networkOf(world, record))
      : { ips: [] }
    writeFiles(world, record, ips)
    world.sandboxes.put({ ...record, state: 'READY', ips, ...(pidHolder && { pidHolder }) })
    return id
  } catch (error) {
    await takeDown(world, record)
    await world.sandboxes.remove(id)
    const message = error instanceof Error ? error.message : String(error)
    throw new CriError('Unknown', `failed to create sandbox for pod: ${message}`)
  }
}

export async function stopPodSandbox(world: World, id: string): Promise<void> {
  const record = world.sandboxes.get(id)
  if (!record) return
  await Promise.all(
    containersOf(world, id).map((container) => stopContainer(world, container.id, 0)),
  )
  await takeDown(world, record)
  world.sandboxes.put({ ...record, state: 'NOTREADY' })
}

export async function removePodSandbox(world: World, id: string): Promise<void> {
  const record = world.sandboxes.get(id)
  if (!record) return
  await stopPodSandbox(world, id)
  await Promise.all(
    containersOf(world, id).map((container) => removeContainer(world, container.id)),
  )
  await world.cgroups.remove(record.config.cgroupParent)
  await world.sandboxes.remove(id)
}

export function sandboxOf(world: World, id: string): SandboxRecord {
  const record = world.sandboxes.get(id)
  if (record) return record
  throw new CriError('NotFound', `an error occurred when try to find sandbox "${id}": not found`)
}

export function sandboxStatus(record: SandboxRecord): PodSandboxStatus {
  const { id, config, createdAtMs, state, ips } = record
  const { metadata, labels, annotations } = config
  return { id, metadata, state, createdAtMs, labels, annotations, ips }
}

/** What the plan of a container must know of its sandbox. */
export function bundleSandbox(world: World, record: SandboxRecord): BundleSandbox {
  const { namespaceOptions } = record.config
  const run = runFolderOf(world, record.id)
  const own = world.sandboxes.folder(record.id)
  const pid = () => {
    if (namespaceOptions.pid === 'NODE') return 'host'
    return record.pidHolder ? { join: `/proc/${record.pidHolder.pid}/ns/pid` } : 'new'
  }
  return {
    hostname: hostnameOf(record),
    files: {
      hostname: `${own}/hostname`,
      hosts: `${own}/hosts`,
      resolvConf: `${own}/resolv.conf`,
      shm: hasOwnIpc(record) ? `${run}/shm` : '/dev/shm',
    },
    namespaces: {
      network: networkNamespace(world, record),
      uts: `${run}/uts`,
      ...(hasOwnIpc(record) && { ipc: `${run}/ipc` }),
      pid: pid(),
    },
  }
}

export function networkNamespace(world: World, record: SandboxRecord): string {
  return hasOwnNetwork(record)
    ? `${runFolderOf(world, record.id)}/net`
    : nodeOf(world, record).networkNamespace
}

/**
 * After a start of the runtime: sandboxes whose namespaces did not outlive the fabric are not
 * ready, and namespaces with no sandbox are taken down.
 */
export async function recoverSandboxes(world: World): Promise<void> {
  for (const record of world.sandboxes.all())
    if (record.state === 'READY' && !existsSync(`${runFolderOf(world, record.id)}/uts`))
      world.sandboxes.put({ ...record, state: 'NOTREADY' })
  const folder = `${world.runFolder}/sandboxes`
  mkdirSync(folder, { recursive: true })
  for (const id of readdirSync(folder))
    if (!world.sandboxes.get(id)) await removeNamespaces(world, id)
}

async function makeNamespaces(world: World, record: SandboxRecord): Promise<void> {
  const folder = runFolderOf(world, record.id)
  const has = { hasNetwork: hasOwnNetwork(record), hasIpc: hasOwnIpc(record) }
  mkdirSync(`${folder}/shm`, { recursive: true })
  for (const name of namespaceFiles(has)) writeFileSync(`${folder}/${name}`, '')
  const { sysctls } = record.config
  await check(world.run, namespaceArgv({ folder, ...has, hostname: hostnameOf(record), sysctls }))
}

function writeFiles(world: World, record: SandboxRecord, ips: readonly string[]): void {
  const folder = world.sandboxes.folder(record.id)
  const inherited = record.config.dnsConfig ? '' : readFileSync('/etc/resolv.conf', 'utf8')
  const hostname = hostnameOf(record)
  writeFileSync(`${folder}/hostname`, `${hostname}\n`)
  writeFileSync(`${folder}/hosts`, renderHosts(hostname, ips))
  writeFileSync(`${folder}/resolv.conf`, renderResolvConf(record.config.dnsConfig, inherited))
}

async function takeDown(world: World, record: SandboxRecord): Promise<void> {
  if (record.pidHolder) await endPidHolder(record.pidHolder)
  const folder = runFolderOf(world, record.id)
  if (!existsSync(folder)) return
  if (hasOwnNetwork(record) && existsSync(`${folder}/net`))
    await nodeOf(world, record).network.remove(networkOf(world, record))
  await removeNamespaces(world, record.id)
}

async function removeNamespaces(world: World, id: string): Promise<void> {
  const folder = runFolderOf(world, id)
  const mounts = ['net', 'uts', 'ipc', 'shm', 'pid'].map((name) => `${folder}/${name}`)
  // Those that are no mount, or not there, are complained about, which is no matter.
  await world.run(['umount', '--lazy', '--quiet', ...mounts])
  await rm(folder, { recursive: true, force: true })
}

function networkOf(world: World, { id, config }: SandboxRecord): SandboxNetwork {
  const { name, namespace, uid } = config.metadata
  const netnsPath = `${runFolderOf(world, id)}/net`
  return { sandboxId: id, namespace, name, uid, netnsPath, portMappings: config.portMappings }
}

function nodeOf(world: World, { node }: SandboxRecord): NodeOptions {
  const found = world.nodes.get(node)
  if (!found) throw new CriError('FailedPrecondition', `node ${node} is not served by this runtime`)
  return found
}

function containersOf(world: World, id: string) {
  return world.containers.all().filter(({ sandboxId }) => sandboxId === id)
}

function runFolderOf(world: World, id: string): string {
  return `${world.runFolder}/sandboxes/${id}`
}

function hostnameOf({ config, node }: SandboxRecord): string {
  return config.hostname || node
}

function hasOwnNetwork({ config }: SandboxRecord): boolean {
  return config.namespaceOptions.network !== 'NODE'
}

function hasOwnIpc({ config }: SandboxRecord): boolean {
  return config.namespaceOptions.ipc !== 'NODE'
}
