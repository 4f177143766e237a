// A program under a terminal of its own: node-pty, loaded with the first terminal that is wanted.

import { systemEnvironment } from '../../host/system-path.ts'

export interface Terminal {
  readonly pid: number
  onData(listener: (chunk: Buffer) => void): void
  /** Called once, after the last output. */
  onExit(listener: (exitCode: number) => void): void
  write(bytes: Buffer): void
  pause(): void
  resume(): void
  resize(width: number, height: number): void
}

/** What node-pty takes and gives with `encoding: null`; its own types know only strings. */
interface BytePty {
  onData(listener: (chunk: Buffer) => void): unknown
  write(bytes: Buffer): void
}

export async function openTerminal(argv: readonly string[], cwd: string): Promise<Terminal> {
  const { spawn } = await import('@lydell/node-pty')
  const [program = '', ...args] = argv
  const size = { cols: 80, rows: 24 }
  const env = systemEnvironment()
  const pty = spawn(program, args, { cwd, env, encoding: null, ...size })
  const bytes = pty as unknown as BytePty
  return {
    pid: pty.pid,
    onData: (listener) => void bytes.onData(listener),
    onExit: (listener) =>
      void pty.onExit(({ exitCode, signal }) => listener(signal ? 128 + signal : exitCode)),
    write: (chunk) => bytes.write(chunk),
    pause: () => pty.pause(),
    resume: () => pty.resume(),
    resize: (width, height) => pty.resize(width, height),
  }
}
