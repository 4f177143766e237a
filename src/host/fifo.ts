// Real pipes for child processes. Node gives a child sockets, and a program that opens
// /dev/stdout cannot open a socket; a named pipe can be opened again. One `mkfifo` makes a batch,
// and each is unlinked as it is taken, so nothing stays behind.

import { closeSync, constants, mkdirSync, openSync, rmSync, unlinkSync } from 'node:fs'
import { Socket } from 'node:net'
import { check, type RunCommand, runCommand } from './command.ts'

export interface Pipes {
  /** A pipe that we read and a child writes. The caller closes `childFd` after the spawn. */
  reader(): Promise<{ readonly ours: Socket; readonly childFd: number }>
  /** A pipe that we write and a child reads. */
  writer(): Promise<{ readonly ours: Socket; readonly childFd: number }>
  /** As reader(), for a program that wants the pipe's name. Unlink it when it has been opened. */
  named(): Promise<{ readonly ours: Socket; readonly path: string }>
}

const batchSize = 32
const lowMark = 10

/** `folder` belongs to this alone: what an earlier process left there is removed. */
export function createPipes(folder: string, run: RunCommand = runCommand): Pipes {
  const ready: string[] = []
  let filling: Promise<void> | undefined
  let made = 0
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })

  const fill = async () => {
    const paths = Array.from({ length: batchSize }, () => `${folder}/${(made++).toString(36)}`)
    await check(run, ['mkfifo', '-m', '600', ...paths])
    ready.push(...paths)
  }
  const refill = () => {
    filling ??= fill().finally(() => {
      filling = undefined
    })
    return filling
  }
  const take = async (): Promise<string> => {
    for (;;) {
      const path = ready.shift()
      if (path === undefined) {
        await refill()
        continue
      }
      // The batch in the background may fail; then the next taker sees why.
      if (ready.length < lowMark) refill().catch(() => {})
      return path
    }
  }

  return {
    async reader() {
      const path = await take()
      const readFd = openSync(path, readNow)
      const childFd = openSync(path, constants.O_WRONLY)
      unlinkSync(path)
      return { ours: readSocket(readFd), childFd }
    },
    async writer() {
      const path = await take()
      // Opening either end waits for the other, unless told not to; a child wants to wait.
      const anyReader = openSync(path, readNow)
      const writeFd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
      const childFd = openSync(path, constants.O_RDONLY)
      closeSync(anyReader)
      unlinkSync(path)
      return { ours: new Socket({ fd: writeFd, readable: false, writable: true }), childFd }
    },
    async named() {
      const path = await take()
      return { ours: readSocket(openSync(path, readNow)), path }
    },
  }
}

const readNow = constants.O_RDONLY | constants.O_NONBLOCK

function readSocket(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: false })
}
