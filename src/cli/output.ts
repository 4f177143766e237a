// Where the command line writes: results to stdout, progress and notes to stderr.

import pc from 'picocolors'

export interface Output {
  /** A result: what a script reads. */
  print(text: string): void
  json(value: unknown): void
  /** For whoever looks on. */
  note(text: string): void
  warn(text: string): void
  error(text: string): void
  /** A step that is done, and when, in milliseconds since the verb began. */
  step(text: string, ms: number): void
  /** What is under way now; only shown on a terminal, and replaced by what comes next. */
  busy(text: string): void
}

interface Stream {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const eraseLine = '\r\x1b[2K'

export interface Streams {
  readonly stdout: Stream
  readonly stderr: Stream
}

/**
 * `streams` are asked for when something is written: Node.js makes a pipe non-blocking as soon as
 * it is looked at, which a program that this process becomes could not cope with.
 */
export function streamOutput(streams: Streams): Output {
  const color = (name: 'yellow' | 'red' | 'green' | 'dim', text: string) =>
    pc.createColors(Boolean(streams.stderr.isTTY) && pc.isColorSupported)[name](text)
  let isBusy = false
  const say = (text: string) => {
    streams.stderr.write(`${isBusy ? eraseLine : ''}${text}\n`)
    isBusy = false
  }
  return {
    print: (text) => {
      if (isBusy) streams.stderr.write(eraseLine)
      isBusy = false
      streams.stdout.write(`${text}\n`)
    },
    json: (value) => void streams.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`),
    note: say,
    warn: (text) => say(`${color('yellow', 'warning:')} ${text}`),
    error: (text) => say(`${color('red', 'error:')} ${text}`),
    step: (text, ms) => say(`${color('green', '✓')} ${text} ${color('dim', seconds(ms))}`),
    busy(text) {
      if (!streams.stderr.isTTY) return
      streams.stderr.write(`${eraseLine}${color('dim', `  ${text} …`)}`)
      isBusy = true
    },
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
