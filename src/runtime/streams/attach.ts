// Joins someone to a container's own streams, which the supervisor holds.

import { CriError, type StreamOptions, type TerminalSize } from '../../cri/cri.ts'
import { type Frame, frame, mostBodyBytes } from '../supervisor/protocol.ts'
import type { Attachment, SupervisorClient } from '../supervisor/supervisor-client.ts'
import { containerOf, type World } from '../world.ts'
import { createGiver } from './give.ts'
import { resizeTerminal } from './resize.ts'

/** Resolves when the container ends, the caller's signal aborts, or input was all there was. */
export async function attach(world: World, id: string, streams: StreamOptions): Promise<void> {
  const { state, config, pid } = containerOf(world, id)
  if (state !== 'RUNNING')
    throw new CriError('FailedPrecondition', `container "${id}" is not running`)
  const { stdin, stdout, stderr, resizes, signal } = streams
  // When nobody reads for a while, the supervisor waits too.
  const flow = {
    pause: () => void attachment.socket.pause(),
    resume: () => void attachment.socket.resume(),
  }
  const give = { stdout: createGiver(stdout, flow), stderr: createGiver(stderr, flow) }
  const onFrame = ({ kind, body }: Frame) => {
    if (kind === frame.stdout) give.stdout(body)
    if (kind === frame.stderr) give.stderr(body)
  }
  const attachment = await world.supervisor.attach(id, stdin !== undefined, onFrame)
  const stop = () => void attachment.socket.destroy()
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  if (stdin && config.stdin) feed(stdin, attachment)
  if (config.tty && resizes) follow(resizes, { world, id, pid })
  await attachment.closed
  signal?.removeEventListener('abort', stop)
  stdout?.end()
  stderr?.end()
}

function feed(stdin: NodeJS.ReadableStream, attachment: Attachment): void {
  stdin.on('data', (chunk: Buffer) => {
    let isRoom = true
    for (let from = 0; from < chunk.length; from += mostBodyBytes)
      isRoom = attachment.writeStdin(chunk.subarray(from, from + mostBodyBytes))
    if (isRoom) return
    stdin.pause()
    attachment.socket.once('drain', () => void stdin.resume())
  })
  stdin.once('end', () => attachment.endStdin())
  stdin.once('error', () => attachment.endStdin())
}

async function follow(
  resizes: AsyncIterable<TerminalSize>,
  { world, id, pid }: { readonly world: World; readonly id: string; readonly pid: number },
): Promise<void> {
  const { supervisor }: { readonly supervisor: SupervisorClient } = world
  for await (const size of resizes) {
    await supervisor.resize(id, size.width, size.height).catch(() => {})
    await resizeTerminal(pid, size, world.run)
  }
}
