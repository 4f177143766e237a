// Why a connection could not be made, in the words of Go's net package, which users know. Pure.

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ECONNRESET: 'read: connection reset by peer',
}

export function dialErrorText(host: string, port: number, error: unknown): string {
  return `dial tcp ${host}:${port}: ${causeText(error)}`
}

function causeText(error: unknown): string {
  if (isTimeout(error)) return 'i/o timeout'
  const code = codeOf(error)
  return (code && words[code]) ?? (error instanceof Error ? error.message : String(error))
}

export function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')
}

export function isDialError(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH'
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
