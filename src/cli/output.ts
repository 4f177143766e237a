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

export function streamOutput(stdout: Stream, stderr: Stream): Output {
  const colors = pc.createColors(Boolean(stderr.isTTY) && pc.isColorSupported)
  let isBusy = false
  const say = (text: string) => {
    stderr.write(`${isBusy ? eraseLine : ''}${text}\n`)
    isBusy = false
  }
  return {
    print: (text) => {
      if (isBusy) stderr.write(eraseLine)
      isBusy = false
      stdout.write(`${text}\n`)
    },
    json: (value) => void stdout.write(`${JSON.stringify(value, undefined, 2)}\n`),
    note: say,
    warn: (text) => say(`${colors.yellow('warning:')} ${text}`),
    error: (text) => say(`${colors.red('error:')} ${text}`),
    step: (text, ms) => say(`${colors.green('✓')} ${text} ${colors.dim(seconds(ms))}`),
    busy(text) {
      if (!stderr.isTTY) return
      stderr.write(`${eraseLine}${colors.dim(`  ${text} …`)}`)
      isBusy = true
    },
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
