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

/** The server answers at all. */
export const ping: HealthCheck = { name: 'ping', check: async () => {} }

/** Not ready any more once the server has begun to stop. */
export function shutdown(stopping: AbortSignal): HealthCheck {
  return {
    name: 'shutdown',
    readinessOnly: true,
    async check() {
      if (stopping.aborted) throw new Error('process is shutting down')
    },
  }
}

const endpoints = ['healthz', 'livez', 'readyz'] as const

/** The paths that answer for these checks. */
export function healthPaths(checks: readonly HealthCheck[]): readonly string[] {
  return endpoints.flatMap((endpoint) => [
    `/${endpoint}`,
    ...checks
      .filter((check) => isIncluded(check, endpoint))
      .map(({ name }) => `/${endpoint}/${name}`),
  ])
}

function isIncluded({ readinessOnly }: HealthCheck, endpoint: Endpoint): boolean {
  return endpoint === 'readyz' || !readinessOnly
}

type Endpoint = (typeof endpoints)[number]

export function serveHealth(checks: readonly HealthCheck[]): RequestHandler {
  return async ({ path, query }) => {
    const [endpoint = '', ...names] = path.split('/').filter(Boolean)
    if (!isEndpoint(endpoint)) throw notServed()
    const included = checks.filter((check) => isIncluded(check, endpoint))
    const name = names.join('/')
    if (name) return single(included.find((check) => check.name === name))
    const excluded = query.getAll('exclude')
    return all(endpoint, included, { excluded, isVerbose: query.has('verbose') })
  }
}

function isEndpoint(text: string): text is Endpoint {
  return endpoints.some((endpoint) => endpoint === text)
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
  const unknown = excluded.filter((name) => !checks.some((check) => check.name === name))
  const warning = unknown.map((name) => JSON.stringify(name)).join(',')
  const lines = [
    ...results.map(({ line }) => line),
    ...(warning
      ? [`warn: some health checks cannot be excluded: no matches for ${warning}\n`]
      : []),
  ].join('')
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
