// A remote command, whatever carries it: its streams, and how its end is told to the client.

import type { Readable, Writable } from 'node:stream'
import { StatusError } from '../../api/status-error.ts'
import type { TerminalSize } from '../../cri/cri.ts'

export interface RemoteStreams {
  readonly stdin?: Readable
  readonly stdout?: Writable
  readonly stderr?: Writable
  readonly resizes?: AsyncIterable<TerminalSize>
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal
  /** Tells how it ended and closes the connection once all output is written. */
  finish(end: CommandEnd): Promise<void>
}

/** What the client asks for in the query. */
export interface StreamRequest {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

export type CommandEnd = { readonly exitCode: number } | { readonly error: string }

const truths = new Set(['1', 'true'])

/** The kubelet's names are input, output, error; the API's own are taken as well. */
export function streamRequest(query: URLSearchParams): StreamRequest {
  const asks = (...names: readonly string[]) =>
    names.some((name) => truths.has(query.get(name) ?? ''))
  const tty = asks('tty')
  return {
    stdin: asks('input', 'stdin'),
    stdout: asks('output', 'stdout'),
    // A terminal has one output.
    stderr: asks('error', 'stderr') && !tty,
    tty,
  }
}

/** The Status at the end of a command. Pure. */
export function endStatus(end: CommandEnd): object {
  if ('error' in end) {
    const message = `Internal error occurred: ${end.error}`
    const details = { causes: [{ message: end.error }] }
    return new StatusError('InternalError', message, details).toStatus()
  }
  const { exitCode } = end
  if (exitCode === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: command terminated with exit code ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  }
}

/** The same for protocols that know plain text only; nothing when it ended well. */
export function endText(end: CommandEnd): string {
  if ('error' in end) return end.error
  return end.exitCode === 0 ? '' : `command terminated with exit code ${end.exitCode}`
}
