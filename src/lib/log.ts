// A part's own log: one JSON line an entry, written to a sink the composition root chooses.

export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
  /** The same log with fields added to each entry. */
  with(fields: Readonly<Record<string, unknown>>): Log
}

export function lineLog(write: (line: string) => void, base: object = {}): Log {
  const entry =
    (level: string) =>
    (message: string, fields: object = {}) =>
      write(
        `${JSON.stringify({ time: new Date().toISOString(), level, message, ...base, ...plain(fields) })}\n`,
      )
  return {
    info: entry('info'),
    warn: entry('warn'),
    error: entry('error'),
    with: (fields) => lineLog(write, { ...base, ...plain(fields) }),
  }
}

export const silentLog: Log = lineLog(() => {})

/** Errors become their message and stack, which JSON would drop. */
function plain(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      value instanceof Error ? { message: value.message, stack: value.stack } : value,
    ]),
  )
}
