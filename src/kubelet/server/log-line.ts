// Codec of CRI's log format, a line an entry:  TIMESTAMP SP stdout|stderr SP P|F SP content LF
// P: the line goes on in the next entry of the same stream. Timestamps are RFC 3339, nanoseconds.

export interface LogLine {
  readonly time: string
  readonly stream: 'stdout' | 'stderr'
  /** With its line feed, unless it goes on. */
  readonly content: string
}

/** `line` without its line feed. Undefined for what is not in the format. */
export function parseLogLine(line: string): LogLine | undefined {
  const match = /^(\S+) (stdout|stderr) ([PF])(?::\S*)? ?(.*)$/s.exec(line)
  if (!match) return undefined
  const [, time = '', stream, tag, content = ''] = match
  return {
    time,
    stream: stream === 'stderr' ? 'stderr' : 'stdout',
    content: tag === 'P' ? content : `${content}\n`,
  }
}
