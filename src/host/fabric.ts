// The fabric: one private world of namespaces per cluster, kept by a holder process.
// In: nodes and addresses. Out: the holder's pid, with which the fabric is entered and ended.

import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FabricNode, renderFabric } from './fabric-script.ts'
import { canMapRange, findProblems, type MachineFacts, readMachineFacts } from './machine.ts'
import { isRunning, processStartTime } from './process-identity.ts'
import { type ResolvConf, readResolvConf, renderResolvConf } from './resolv-conf.ts'
import { systemEnvironment } from './system-path.ts'

export interface FabricOptions {
  readonly nodes: readonly FabricNode[]
  readonly isRoot: boolean
  /** The bridge's address, where control plane, agent and DNS listen; 172.18.0.1 by default. */
  readonly address?: string
  readonly subnet?: string
  /** 10.96.0.0/16 by default. */
  readonly serviceSubnet?: string
}

export interface Fabric {
  /** Pid 1 of the fabric as the host knows it, and when it started (see isRunning). */
  readonly holderPid: number
  readonly startTime: number
  /**
   * Which user ids exist inside: the host's (root), a range (an ordinary user with subordinate
   * ids), or only one, to which all files belong.
   */
  readonly ids: FabricIds
}

export type FabricIds = 'host' | 'range' | 'single'

/** Something on this machine stands in the way; `command` is what to type to change that. */
export class FabricRefused extends Error {
  readonly command: string | undefined
  constructor(message: string, command?: string) {
    super(command ? `${message}; to change that: ${command}` : message)
    this.name = 'FabricRefused'
    this.command = command
  }
}

/** Takes 30 to 60 ms for three nodes. Rejects with FabricRefused; then nothing is left behind. */
export async function startFabric(options: FabricOptions): Promise<Fabric> {
  const [facts, host] = await Promise.all([readMachineFacts(options.isRoot), readResolvConf()])
  const problem = findProblems(facts).find(({ isFatal }) => isFatal)
  if (problem) throw new FabricRefused(problem.message, problem.command)
  const { address = '172.18.0.1', subnet = '172.18.0.0/16', nodes } = options
  const { serviceSubnet = '10.96.0.0/16' } = options
  const resolvConf = { text: fabricResolvConf(host, address), file: host.file }
  const ids = idsFor(facts)
  const holderPid = await hold(
    ids,
    renderFabric({ nodes, address, subnet, serviceSubnet, resolvConf }),
  )
  const startTime = await processStartTime(holderPid)
  if (startTime === undefined) throw new FabricRefused('the holder of the namespaces has ended')
  return { holderPid, startTime, ids }
}

/** What to put before a command that is to run in the fabric. Its working folder will be /. */
export function enterFabric(holderPid: number, { isRoot }: { isRoot: boolean }): string[] {
  const user = isRoot ? [] : ['--user', '--preserve-credentials']
  const namespaces = ['--mount', '--net', '--uts', '--ipc', '--pid']
  return ['nsenter', '--target', String(holderPid), ...user, ...namespaces, '--']
}

/** Ends every process in the fabric and with them the fabric. Resolves when all are gone. */
export async function stopFabric(holder: {
  readonly holderPid: number
  readonly startTime?: number
}): Promise<void> {
  const { holderPid, startTime } = holder
  if (!(await isRunning(holderPid, startTime))) return
  process.kill(holderPid, 'SIGKILL')
  // The kernel ends pid 1 of a pid namespace only after all others in it are gone.
  while (await isRunning(holderPid, startTime)) await sleep(2)
}

function fabricResolvConf(host: ResolvConf, address: string): string {
  return renderResolvConf({ ...host, nameservers: [address] })
}

function idsFor(facts: MachineFacts): FabricIds {
  if (facts.isRoot) return 'host'
  return canMapRange(facts) ? 'range' : 'single'
}

const userFlags: Readonly<Record<FabricIds, readonly string[]>> = {
  host: [],
  range: ['--user', '--map-root-user', '--map-auto'],
  single: ['--user', '--map-root-user'],
}

/**
 * The holder waits for a sleeper that never ends, and while it waits it reaps what is left to
 * it as pid 1. It is a fresh shell, so that the script is not kept in memory.
 */
const holderCommand =
  'eval "$(cat)"; exec sh -c "while :; do sleep infinity & wait; done" sampan-holder ' +
  '</dev/null >/dev/null 2>&1'

async function hold(ids: FabricIds, script: string): Promise<number> {
  const namespaces = ['--net', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child']
  const argv = [...userFlags[ids], ...namespaces, '--', 'sh', '-c', holderCommand]
  const child = spawn('unshare', argv, {
    detached: true,
    cwd: '/',
    env: systemEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => {})
  child.stdin.end(script)
  try {
    const pid = await readyPid(child)
    child.unref()
    return pid
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  } finally {
    child.stdin.destroy()
    child.stdout?.destroy()
    child.stderr?.destroy()
  }
}

/** Reads the script's output up to `ready`; the process ending first is the failure. */
function readyPid(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let stdout = ''
    let stderr = ''
    child.stderr?.on('data', (chunk) => (stderr += chunk))
    child.stdout?.on('data', (chunk) => {
      stdout += chunk
      if (stdout.endsWith('ready\n')) resolve(Number(/^pid (\d+)$/m.exec(stdout)?.[1]))
    })
    child.on('error', (error) => reject(new FabricRefused(error.message)))
    child.on('close', () => reject(new FabricRefused(explain(stderr.trim()))))
  })
}

function explain(stderr: string): string {
  if (/unshare failed: Operation not permitted/.test(stderr))
    return 'this machine allows no new namespaces (in a container: run it with --privileged)'
  return stderr || 'the namespaces ended before they were ready'
}
