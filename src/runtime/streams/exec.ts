// Runs a command in a container: with pipes or a terminal, to its end or to a deadline.

import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { CriError, type StreamOptions, type TerminalSize } from '../../cri/cri.ts'
import { execArgv } from '../../host/crun.ts'
import type { OciProcess, OciSpec } from '../bundle/spec.ts'
import { readErrorLog } from '../containers/error-log.ts'
import { containerOf, type World } from '../world.ts'
import { createGiver } from './give.ts'
import { killTree } from './kill-tree.ts'
import { resizeTerminal } from './resize.ts'
import { pidFileMark, type Spawned, startSpawned } from './spawned.ts'

export interface ExecOptions {
  readonly command: readonly string[]
  readonly tty: boolean
  readonly stdin: boolean
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void
}

interface Running {
  readonly spawned: Spawned
  /** Rejects where the command could not be started. */
  readonly exitCode: Promise<number>
  kill(): Promise<void>
}

async function startExec(world: World, id: string, options: ExecOptions): Promise<Running> {
  const { state, cgroupPath } = containerOf(world, id)
  if (state !== 'RUNNING')
    throw new CriError('FailedPrecondition', `container "${id}" is not running`)
  const folder = `${world.runFolder}/exec/${randomUUID()}`
  mkdirSync(folder, { recursive: true })
  const errorLog = `${folder}/error.log`
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    writeFileSync(`${folder}/process.json`, JSON.stringify(processOf(world, id, options)))
    const argv = execArgv(world.crun, {
      id,
      errorLog,
      pidFile: pidFileMark,
      joinFiles: world.cgroups.joinFiles(cgroupPath),
      processFile: `${folder}/process.json`,
    })
    const { tty, stdin, onOutput } = options
    const spawned = await startSpawned(world.pipes, { argv, cwd: '/', tty, stdin, onOutput })
    const exitCode = exitOf(spawned, errorLog).finally(remove)
    exitCode.catch(() => {})
    return { spawned, exitCode, kill: () => killExec(spawned) }
  } catch (error) {
    remove()
    throw error
  }
}

/** The container's own process with another command. */
function processOf(world: World, id: string, { command, tty }: ExecOptions): OciProcess {
  const path = `${world.containers.folder(id)}/config.json`
  const { process }: OciSpec = JSON.parse(readFileSync(path, 'utf8'))
  const env = [...process.env.filter((entry) => !entry.startsWith('TERM=')), 'TERM=xterm']
  return { ...process, args: command, terminal: tty, env: tty ? env : process.env }
}

async function exitOf(spawned: Spawned, errorLog: string): Promise<number> {
  const exitCode = await spawned.exit
  if ((await spawned.innerPid) !== undefined) return exitCode
  const text = existsSync(errorLog) ? readErrorLog(readFileSync(errorLog, 'utf8')) : ''
  throw new CriError(
    'Unknown',
    `failed to exec in container: failed to start exec: OCI runtime exec failed: ${text}`,
  )
}

async function killExec(spawned: Spawned): Promise<void> {
  const inner = await Promise.race([spawned.innerPid, Promise.resolve(undefined)])
  killTree(inner ?? spawned.pid)
  if (inner === undefined) return
  // The runtime ends with its command; one that does not is ended too.
  const isOver = await Promise.race([spawned.exit.then(() => true), later(1000)])
  if (!isOver) killTree(spawned.pid)
}

function later(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), ms).unref())
}

/** As containerd: what a command says beyond this is not kept. */
const mostOutputBytes = 16 * 1024 * 1024

export async function execSync(
  world: World,
  id: string,
  { command, timeoutMs }: { readonly command: readonly string[]; readonly timeoutMs: number },
) {
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  let kept = 0
  const onOutput = (stream: 'stdout' | 'stderr', chunk: Buffer) => {
    if ((kept += chunk.length) <= mostOutputBytes) output[stream].push(chunk)
  }
  const running = await startExec(world, id, { command, tty: false, stdin: false, onOutput })
  const exitCode = await withDeadline(running, timeoutMs)
  return {
    stdout: Buffer.concat(output.stdout),
    stderr: Buffer.concat(output.stderr),
    exitCode,
  }
}

async function withDeadline(running: Running, timeoutMs: number): Promise<number> {
  if (timeoutMs <= 0) return running.exitCode
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs)
  })
  const exitCode = await Promise.race([running.exitCode, deadline]).finally(() =>
    clearTimeout(timer),
  )
  if (exitCode !== undefined) return exitCode
  await running.kill()
  const text = `timeout ${timeoutMs / 1000}s exceeded: context deadline exceeded`
  throw new CriError('DeadlineExceeded', `failed to exec in container: ${text}`)
}

export async function exec(
  world: World,
  id: string,
  { command, streams }: { readonly command: readonly string[]; readonly streams: StreamOptions },
): Promise<number> {
  const { stdin, stdout, stderr, tty, resizes, signal } = streams
  let spawned: Spawned | undefined
  const flow = { pause: () => spawned?.pause(), resume: () => spawned?.resume() }
  const errors = tty ? undefined : stderr
  const give = { stdout: createGiver(stdout, flow), stderr: createGiver(errors, flow) }
  const onOutput = (name: 'stdout' | 'stderr', chunk: Buffer) => give[name](chunk)
  const running = await startExec(world, id, { command, tty, stdin: stdin !== undefined, onOutput })
  spawned = running.spawned
  const stop = () => void running.kill()
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  if (stdin) feed(stdin, running.spawned)
  if (tty && resizes) followResizes(resizes, running.spawned)
  try {
    return await running.exitCode
  } finally {
    signal?.removeEventListener('abort', stop)
    stdout?.end()
    errors?.end()
  }
}

function feed(stdin: NodeJS.ReadableStream, spawned: Spawned): void {
  stdin.on('data', (chunk: Buffer) => {
    if (!spawned.writeStdin(chunk, () => void stdin.resume())) stdin.pause()
  })
  stdin.once('end', () => spawned.endStdin())
  stdin.once('error', () => spawned.endStdin())
}

/** Ends with the sizes; whoever gives them ends them. */
async function followResizes(
  resizes: AsyncIterable<TerminalSize>,
  spawned: Spawned,
): Promise<void> {
  const pid = await spawned.innerPid
  for await (const size of resizes) {
    spawned.resize(size.width, size.height)
    if (pid !== undefined) await resizeTerminal(pid, size)
  }
}
