// One container under the supervisor: its process, its log, those attached to it.

import { renameSync, writeFileSync } from 'node:fs'
import type { Pipes } from '../../host/fifo.ts'
import { startSpawned } from '../streams/spawned.ts'
import { createLogWriter, type OutputName } from './log-writer.ts'
import type { ExitRecord, StartRequest, StartResult } from './protocol.ts'

export interface Viewer {
  /** False: the viewer wants no more until it calls `resume`. */
  write(stream: OutputName, chunk: Buffer, resume: () => void): boolean
  close(): void
}

export interface Supervised {
  readonly started: Promise<StartResult>
  /** Resolves when the exit has been written down. */
  readonly ended: Promise<ExitRecord>
  /** The command's own process, and the container's first one once it runs. */
  readonly pids: { readonly outer: number; readonly inner: number | undefined }
  readonly request: StartRequest
  attach(viewer: Viewer): void
  detach(viewer: Viewer): void
  /** False: wait for onDrain before writing more. */
  writeStdin(chunk: Buffer, onDrain: () => void): boolean
  /** Whoever wrote to stdin is done; with stdin `once` that is the end of it. */
  endStdin(): void
  resize(width: number, height: number): void
  reopenLog(): void
}

export async function supervise(
  pipes: Pipes,
  request: StartRequest,
  now: () => Date,
): Promise<Supervised> {
  const log = createLogWriter({ path: request.logPath, now })
  const viewers = new Set<Viewer>()
  const blocking = new Set<Viewer>()
  const unblock = (viewer: Viewer) => {
    if (blocking.delete(viewer) && blocking.size === 0) spawned.resume()
  }
  const onOutput = (stream: OutputName, chunk: Buffer) => {
    log.write(stream, chunk)
    for (const viewer of viewers) {
      if (viewer.write(stream, chunk, () => unblock(viewer))) continue
      blocking.add(viewer)
      spawned.pause()
    }
  }
  const { argv, cwd, tty } = request
  const spawned = await startSpawned(pipes, {
    argv,
    cwd,
    tty,
    stdin: request.stdin !== 'none',
    onOutput,
  })
  const pids: { outer: number; inner: number | undefined } = {
    outer: spawned.pid,
    inner: undefined,
  }

  const ended = spawned.exit.then((exitCode) => {
    log.close()
    const record = { exitCode, finishedAtMs: now().getTime() }
    writeExit(request.exitPath, record)
    for (const viewer of viewers) viewer.close()
    return record
  })
  const started = spawned.innerPid.then(async (pid): Promise<StartResult> => {
    if (pid === undefined) return { failedWith: (await ended).exitCode }
    pids.inner = pid
    return { pid, startedAtMs: now().getTime() }
  })

  return {
    started,
    ended,
    pids,
    request,
    attach: (viewer) => void viewers.add(viewer),
    detach(viewer) {
      viewers.delete(viewer)
      unblock(viewer)
    },
    writeStdin: spawned.writeStdin,
    endStdin() {
      if (request.stdin === 'once') spawned.endStdin()
    },
    resize: spawned.resize,
    reopenLog: log.reopen,
  }
}

/** The reader finds the whole record or none. */
export function writeExit(path: string, record: ExitRecord): void {
  try {
    writeFileSync(`${path}.new`, JSON.stringify(record))
    renameSync(`${path}.new`, path)
  } catch {
    // Its folder was removed, or the disk is full: the event is then all there is.
  }
}
