// The supervisor's main function: parent of all containers of a cluster, in a process that lives
// on when the agent ends. In: requests over a unix socket. Out: processes, logs, exit records.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { createPipes, type Pipes } from '../../host/fifo.ts'
import { isRunning, processStartTime } from '../../host/process-identity.ts'
import type { ExitEvent, StartRequest, StartResult } from './protocol.ts'
import { encodeJson } from './protocol.ts'
import { serveClient } from './serve-client.ts'
import { type Supervised, supervise, writeExit } from './supervised.ts'

export interface SupervisorOptions {
  readonly socketPath: string
  /** A folder on the fabric's own tmpfs, for pipes and notes of what runs. */
  readonly runFolder: string
  readonly now?: () => Date
}

export interface Supervisor {
  close(): Promise<void>
}

/** What a supervisor after this one must know to clean up. */
interface Note {
  readonly exitPath: string
  readonly processes: readonly { readonly pid: number; readonly startTime: number | undefined }[]
}

export interface Children {
  readonly byId: ReadonlyMap<string, Supervised>
  start(request: StartRequest): Promise<StartResult>
}

/** Resolves once it listens. Ends what an earlier supervisor, killed, has left behind. */
export async function runSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { socketPath, runFolder, now = () => new Date() } = options
  const notes = `${runFolder}/supervised`
  mkdirSync(notes, { recursive: true })
  await endLeftovers(notes, now)
  const clients = new Set<Socket>()
  const announce = (event: ExitEvent) => {
    for (const client of clients) client.write(encodeJson(event))
  }
  const children = keepChildren({
    pipes: createPipes(`${runFolder}/pipes`),
    notes,
    now,
    announce,
  })
  const server = createServer((socket) => {
    clients.add(socket)
    socket.on('close', () => clients.delete(socket))
    serveClient(socket, children, () => clients.delete(socket))
  })
  rmSync(socketPath, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketPath, resolve)
  })
  return {
    close: () =>
      new Promise((resolve) => {
        for (const client of clients) client.destroy()
        server.close(() => resolve())
      }),
  }
}

function keepChildren(world: {
  readonly pipes: Pipes
  readonly notes: string
  readonly now: () => Date
  readonly announce: (event: ExitEvent) => void
}): Children {
  const byId = new Map<string, Supervised>()
  const start = async (request: StartRequest): Promise<StartResult> => {
    const { id, exitPath } = request
    if (byId.has(id)) throw new Error(`container ${id} runs already`)
    const note = `${world.notes}/${id}`
    const child = await supervise(world.pipes, request, world.now)
    byId.set(id, child)
    const ended = child.ended.then(
      async (record) => {
        await endInner(child)
        byId.delete(id)
        rmSync(note, { force: true })
        return record
      },
      (error) => {
        byId.delete(id)
        throw error
      },
    )
    await writeNote(note, exitPath, [child.pids.outer])
    const started = await child.started.catch(async () => ({ failedWith: (await ended).exitCode }))
    if ('pid' in started && byId.has(id))
      await writeNote(note, exitPath, [child.pids.outer, started.pid])
    // Whoever started it hears of a failed start from the answer.
    ended.then(
      (record) => {
        rmSync(note, { force: true })
        // After the answer to the start, whose sender must hear first that it did start.
        if ('pid' in started) setImmediate(() => world.announce({ event: 'exited', id, ...record }))
      },
      () => {},
    )
    return started
  }
  return { byId, start }
}

/** Where the runtime was killed, by the kernel when memory ran out, its container lives on. */
async function endInner({ pids: { inner } }: Supervised): Promise<void> {
  if (inner !== undefined && (await isChildOfRuntime(inner))) kill(inner)
}

/** The pid may have gone to another process: ours is in a pid namespace or has lost its parent. */
async function isChildOfRuntime(pid: number): Promise<boolean> {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const isInner = /^NSpid:\t\d+\t1$/m.test(status)
    const isOrphan = /^PPid:\t1$/m.test(status)
    return isInner && isOrphan && (await isRunning(pid))
  } catch {
    return false
  }
}

async function writeNote(path: string, exitPath: string, pids: readonly number[]): Promise<void> {
  const processes = await Promise.all(
    pids.map(async (pid) => ({ pid, startTime: await processStartTime(pid) })),
  )
  const note: Note = { exitPath, processes }
  writeFileSync(path, JSON.stringify(note))
}

async function endLeftovers(folder: string, now: () => Date): Promise<void> {
  for (const name of readdirSync(folder)) {
    const note = readNote(`${folder}/${name}`)
    for (const { pid, startTime } of note?.processes ?? [])
      if (await isRunning(pid, startTime)) kill(pid)
    if (note)
      writeExit(note.exitPath, { exitCode: 137, finishedAtMs: now().getTime(), isLost: true })
    rmSync(`${folder}/${name}`, { force: true })
  }
}

function readNote(path: string): Note | undefined {
  try {
    const note: Note = JSON.parse(readFileSync(path, 'utf8'))
    return note
  } catch {
    return undefined
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}
