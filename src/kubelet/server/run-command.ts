// exec and attach: from a request's streams to the runtime and back to how it ended.

import type { RuntimeService, StreamOptions } from '../../cri/cri.ts'
import type { CommandEnd, RemoteStreams } from './remote-command.ts'

export interface CommandTarget {
  readonly runtime: RuntimeService
  readonly containerId: string
  readonly tty: boolean
  /** Absent: the container's own process is attached to. */
  readonly command?: readonly string[]
}

export async function runRemoteCommand(
  { runtime, containerId, tty, command }: CommandTarget,
  streams: RemoteStreams,
): Promise<void> {
  const { stdin, stdout, stderr, resizes, signal } = streams
  const options: StreamOptions = {
    ...(stdin && { stdin }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    ...(resizes && { resizes }),
    tty,
    signal,
  }
  await streams.finish(await commandEnd(runtime, { containerId, command, options }))
}

async function commandEnd(
  runtime: RuntimeService,
  asked: {
    readonly containerId: string
    readonly command: readonly string[] | undefined
    readonly options: StreamOptions
  },
): Promise<CommandEnd> {
  const { containerId, command, options } = asked
  try {
    if (command) return { exitCode: await runtime.exec(containerId, command, options) }
    await runtime.attach(containerId, options)
    return { exitCode: 0 }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    const doing = command ? 'executing command in container' : 'attaching to container'
    return { error: `error ${doing}: ${text}` }
  }
}
