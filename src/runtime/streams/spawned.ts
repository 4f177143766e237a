// One program with real pipes or a terminal, as containers and exec commands need it.
// In: a command. Out: its streams, the pid its runtime reports, its exit after the last output.

import { spawn } from 'node:child_process'
import { closeSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { constants } from 'node:os'
import type { Pipes } from '../../host/fifo.ts'
import { systemEnvironment } from '../../host/system-path.ts'
import { openTerminal, type Terminal } from './terminal.ts'

export interface SpawnedOptions {
  /** `$PID_FILE` in it becomes the name of a pipe for crun's --pid-file. */
  readonly argv: readonly string[]
  readonly cwd: string
  readonly tty: boolean
  readonly stdin: boolean
  readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void
}

export interface Spawned {
  /** Of the command itself. */
  readonly pid: number
  /** What the runtime wrote to its pid file when the program ran; undefined if it never did. */
  readonly innerPid: Promise<number | undefined>
  /** Resolves with the exit code (128 + signal) when the output has been handed over too. */
  readonly exit: Promise<number>
  /** False: wait for `onDrain` before writing more. */
  writeStdin(chunk: Buffer, onDrain: () => void): boolean
  endStdin(): void
  pause(): void
  resume(): void
  resize(width: number, height: number): void
}

export const pidFileMark = '$PID_FILE'

/** A process that outlives its container may hold the pipes open; then we stop listening. */
const longestDrainMs = 500

export async function startSpawned(pipes: Pipes, options: SpawnedOptions): Promise<Spawned> {
  const pidPipe = await pipes.named()
  const argv = options.argv.map((word) => word.replace(pidFileMark, pidPipe.path))
  const forget = () => {
    rmSync(pidPipe.path, { force: true })
    pidPipe.ours.destroy()
  }
  try {
    const spawned = options.tty
      ? await underTerminal({ ...options, argv })
      : await withPipes(pipes, { ...options, argv })
    spawned.exit.then(forget, forget)
    const innerPid = firstNumber(pidPipe.ours, spawned.exit).finally(forget)
    return { ...spawned, innerPid }
  } catch (error) {
    forget()
    throw error
  }
}

function firstNumber(pipe: Socket, exit: Promise<unknown>): Promise<number | undefined> {
  return new Promise((resolve) => {
    pipe.on('error', () => {})
    pipe.on('data', (chunk: Buffer) => resolve(Number(chunk.toString())))
    exit.then(
      () => resolve(undefined),
      () => resolve(undefined),
    )
  })
}

type WithoutInnerPid = Omit<Spawned, 'innerPid'>

async function withPipes(pipes: Pipes, options: SpawnedOptions): Promise<WithoutInnerPid> {
  const { argv, cwd, onOutput } = options
  const [input, stdout, stderr] = await Promise.all([
    options.stdin ? pipes.writer() : undefined,
    pipes.reader(),
    pipes.reader(),
  ])
  const childFds = [input, stdout, stderr].flatMap((pipe) => (pipe ? [pipe.childFd] : []))
  const [program = '', ...args] = argv
  const child = spawn(program, args, {
    cwd,
    env: systemEnvironment(),
    stdio: [input?.childFd ?? 'ignore', stdout.childFd, stderr.childFd],
  })
  for (const fd of childFds) closeSync(fd)
  stdout.ours.on('data', (chunk: Buffer) => onOutput('stdout', chunk))
  stderr.ours.on('data', (chunk: Buffer) => onOutput('stderr', chunk))
  // The reader of a command's input may leave at any time.
  input?.ours.on('error', () => {})
  const outputs = [stdout.ours, stderr.ours]
  const exit = exitOf(child).then(async (exitCode) => {
    input?.ours.destroy()
    await Promise.all(outputs.map(drained))
    return exitCode
  })
  exit.catch(() => {
    for (const socket of [...outputs, ...(input ? [input.ours] : [])]) socket.destroy()
  })
  return {
    pid: child.pid ?? 0,
    exit,
    writeStdin(chunk, onDrain) {
      const pipe = input?.ours
      if (!pipe?.writable) return true
      const isRoom = pipe.write(chunk)
      const goOn = () => {
        pipe.off('drain', goOn).off('close', goOn)
        onDrain()
      }
      if (!isRoom) pipe.once('drain', goOn).once('close', goOn)
      return isRoom
    },
    endStdin: () => void input?.ours.end(),
    pause: () => outputs.forEach((socket) => void socket.pause()),
    resume: () => outputs.forEach((socket) => void socket.resume()),
    resize: () => {},
  }
}

function exitOf(child: ReturnType<typeof spawn>): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)),
    )
  })
}

/** Resolves at the end of the pipe, or when nothing has come for a while. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed || socket.readableEnded) return resolve()
    const finish = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve()
    }
    const timer = setTimeout(() => !socket.isPaused() && finish(), longestDrainMs)
    socket.on('data', () => timer.refresh())
    socket.once('end', finish).once('close', finish).once('error', finish)
  })
}

async function underTerminal(options: SpawnedOptions): Promise<WithoutInnerPid> {
  const terminal: Terminal = await openTerminal(options.argv, options.cwd)
  terminal.onData((chunk) => options.onOutput('stdout', chunk))
  return {
    pid: terminal.pid,
    exit: new Promise((resolve) => terminal.onExit(resolve)),
    writeStdin(chunk) {
      terminal.write(chunk)
      return true
    },
    // A terminal has no end of input; this is the key that programs take for one.
    endStdin: () => terminal.write(endOfTransmission),
    pause: () => terminal.pause(),
    resume: () => terminal.resume(),
    resize: (width, height) => terminal.resize(width, height),
  }
}

const endOfTransmission = Buffer.from([4])
