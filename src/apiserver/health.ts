// /healthz, /livez and /readyz: named checks, each also on its own path, in upstream's texts.

import { notServed, textAnswer } from './answer.ts'
import type { RequestHandler } from './chain-request.ts'

export interface HealthCheck {
  readonly name: string
  /** Resolves when all is well; else the error says what is not. */
  check(): Promise<void>
  /** Part of readiness only: its failure is no reason to restart the server. */
  readonly readinessOnly?: boolean
}

type Endpoint = 'healthz' | 'livez' | 'readyz'

export function serveHealth(checks: readonly HealthCheck[]): RequestHandler {
  return async ({ path, query }) => {
    const [endpoint = '', ...names] = path.split('/').filter(Boolean)
    if (!isEndpoint(endpoint)) throw notServed()
    const included = checks.filter((check) => endpoint !== 'livez' || !check.readinessOnly)
    const name = names.join('/')
    if (name) return single(included.find((check) => check.name === name))
    const excluded = query.getAll('exclude')
    return all(endpoint, included, { excluded, isVerbose: query.has('verbose') })
  }
}

function isEndpoint(text: string): text is Endpoint {
  return text === 'healthz' || text === 'livez' || text === 'readyz'
}

async function single(check: HealthCheck | undefined) {
  if (!check) throw notServed()
  const error = await errorOf(check)
  return error ? textAnswer(500, `internal server error: ${error}\n`) : textAnswer(200, 'ok')
}

async function all(
  endpoint: Endpoint,
  checks: readonly HealthCheck[],
  { excluded, isVerbose }: { excluded: readonly string[]; isVerbose: boolean },
) {
  const results = await Promise.all(
    checks.map(async (check) => {
      if (excluded.includes(check.name))
        return { ok: true, line: `[+]${check.name} excluded: ok\n` }
      return (await errorOf(check))
        ? { ok: false, line: `[-]${check.name} failed: reason withheld\n` }
        : { ok: true, line: `[+]${check.name} ok\n` }
    }),
  )
  const lines = results.map(({ line }) => line).join('')
  if (results.some(({ ok }) => !ok)) return textAnswer(500, `${lines}${endpoint} check failed\n`)
  return textAnswer(200, isVerbose ? `${lines}${endpoint} check passed\n` : 'ok')
}

async function errorOf(check: HealthCheck): Promise<string | undefined> {
  try {
    await check.check()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
