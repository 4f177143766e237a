// Codec of the supervisor's socket. Both directions carry frames:
//
//   4 bytes  length of what follows, big endian, at most 1 MiB + 1
//   1 byte   kind: 0 JSON, 1 stdin, 2 stdout, 3 stderr, 4 end of stdin
//   n bytes  JSON text in UTF-8, or the stream's bytes
//
// A client sends requests {seq, verb, ...}; each is answered by {seq, result} or {seq, error}.
// The supervisor sends {event: 'exited', ...} unasked to every client. After an `attach` was
// answered its connection carries stream frames only, and ends when the container does.

export type FrameKind = 0 | 1 | 2 | 3 | 4
export const frame = { json: 0, stdin: 1, stdout: 2, stderr: 3, endOfStdin: 4 } as const

export interface StartRequest {
  readonly verb: 'start'
  readonly id: string
  /** The command; it inherits nothing but PATH. `$PID_FILE` in it becomes a pipe's name. */
  readonly argv: readonly string[]
  readonly cwd: string
  readonly tty: boolean
  /** once: the first attachment's end of input is the container's. */
  readonly stdin: 'none' | 'open' | 'once'
  readonly logPath: string
  /** Where the exit is written, for those who ask later. */
  readonly exitPath: string
}

export type Request =
  | StartRequest
  | { readonly verb: 'signal'; readonly id: string; readonly signal: number }
  | {
      readonly verb: 'resize'
      readonly id: string
      readonly width: number
      readonly height: number
    }
  | { readonly verb: 'reopenLog'; readonly id: string }
  | { readonly verb: 'list' }
  | { readonly verb: 'attach'; readonly id: string; readonly stdin: boolean }

/** Contents of the file at exitPath. */
export interface ExitRecord {
  readonly exitCode: number
  readonly finishedAtMs: number
  /** It ended without telling how: its supervisor was killed, or the machine stopped. */
  readonly isLost?: boolean
}

export interface ExitEvent extends ExitRecord {
  readonly event: 'exited'
  readonly id: string
}

/** Started with this pid of its first process; or it ended before its program ran. */
export type StartResult =
  | { readonly pid: number; readonly startedAtMs: number }
  | { readonly failedWith: number }

export interface ListResult {
  readonly running: readonly { readonly id: string; readonly pid: number }[]
}

export interface Frame {
  readonly kind: FrameKind
  readonly body: Buffer
}

const headerBytes = 5
export const mostBodyBytes = 1024 * 1024

export function encodeFrame(kind: FrameKind, body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + body.length)
  bytes.writeUInt32BE(body.length + 1, 0)
  bytes[4] = kind
  bytes.set(body, headerBytes)
  return bytes
}

export function encodeJson(value: unknown): Buffer {
  return encodeFrame(frame.json, Buffer.from(JSON.stringify(value)))
}

/** Collects bytes and gives each frame once it is whole. Throws on what no peer of ours sends. */
export function createFrameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0)
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    while (pending.length >= headerBytes) {
      const length = pending.readUInt32BE(0)
      const kind = pending[4] ?? 255
      if (!isFrameKind(kind) || length < 1 || length > mostBodyBytes + 1)
        throw new Error('the other end of the socket does not speak the supervisor protocol')
      if (pending.length < 4 + length) return
      const body = pending.subarray(headerBytes, 4 + length)
      pending = pending.subarray(4 + length)
      onFrame({ kind, body })
    }
  }
}

function isFrameKind(kind: number): kind is FrameKind {
  return kind >= 0 && kind <= 4
}
