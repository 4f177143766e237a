// For tests: the API server over a real registry and a memory store, asked in process as anybody.

import { systemClock } from '../../lib/clock.ts'
import { silentLog } from '../../lib/log.ts'
import { seededRandom } from '../../lib/random.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import { streamOf } from '../body.ts'
import { createRegistry, type Registry } from '../registry/registry.ts'
import type { UserInfo } from '../request.ts'
import { type ApiServer, type ApiServerOptions, startApiServer } from '../server.ts'
import { createTestPki, serviceAccountKey } from './test-pki.ts'
import { cluster } from './test-server.ts'

export interface Reply {
  readonly status: number
  readonly text: string
  readonly json: ReturnType<typeof JSON.parse>
  readonly warning: string | undefined
}

export type Ask = (line: string, body?: object, headers?: Record<string, string>) => Promise<Reply>

export interface WholeServer extends AsyncDisposable {
  readonly server: ApiServer
  readonly registry: Registry
  /** `as('ada', 'dev')('GET /api/v1/pods')`; every user is a member of system:authenticated. */
  as(name: string, ...groups: readonly string[]): Ask
  /** As a member of system:masters. */
  readonly root: Ask
  /** Once what was written last is known to authorization. */
  settled(): Promise<void>
}

export async function startWholeServer(
  options: Partial<ApiServerOptions> = {},
): Promise<WholeServer> {
  const ended = new AbortController()
  const store = await memoryStore()
  const registry: Registry = createRegistry({
    ...{ store, clock: options.clock ?? systemClock, random: seededRandom(1) },
    signal: ended.signal,
    authorizeCreate: (request) => server.authorizeCreate(request),
    authorize: (user, asked) => server.authorizer.authorize(user, asked),
    rulesFor: (user, namespace) => server.authorizer.rulesFor(user, namespace),
  })
  const pki = createTestPki()
  const server: ApiServer = await startApiServer({
    registry,
    tls: { ...pki.server, clientCa: pki.ca },
    serviceAccounts: {
      issuer: 'https://kubernetes.default.svc.cluster.local',
      privateKey: serviceAccountKey(),
    },
    cluster,
    log: silentLog,
    ...options,
  })
  const as = (name: string, ...groups: readonly string[]) =>
    askAs(server, { name, groups: [...groups, 'system:authenticated'] })
  const root = as('root', 'system:masters')
  let written = 0
  return {
    server,
    registry,
    as,
    root,
    /** A role is written and waited for: changes arrive in order. */
    async settled() {
      const name = `settled-${(written += 1)}`
      const group = 'rbac.authorization.k8s.io'
      const meta = { apiVersion: `${group}/v1`, metadata: { name } }
      const path = `/apis/${group}/v1`
      const rules = [{ nonResourceURLs: [`/${name}`], verbs: ['get'] }]
      await root(`POST ${path}/clusterroles`, { ...meta, kind: 'ClusterRole', rules })
      await root(`POST ${path}/clusterrolebindings`, {
        ...{ ...meta, kind: 'ClusterRoleBinding' },
        roleRef: { apiGroup: group, kind: 'ClusterRole', name },
        subjects: [{ apiGroup: group, kind: 'User', name }],
      })
      while ((await as(name)(`GET /${name}`)).status === 403) await systemClock.sleep(1)
    },
    async [Symbol.asyncDispose]() {
      ended.abort()
      await server.close()
      await store[Symbol.asyncDispose]()
    },
  }
}

function askAs(server: ApiServer, user: UserInfo): Ask {
  const transport = server.inProcess(user)
  return async (line, body, headers = {}) => {
    const [method = 'GET', path = ''] = line.split(' ')
    const answer = await transport.send({
      method: method as 'GET',
      path,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    })
    const chunks: Uint8Array[] = []
    for await (const chunk of streamOf(answer.body)) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const isJson = answer.headers['content-type']?.startsWith('application/json')
    const json = isJson ? JSON.parse(text) : undefined
    return { status: answer.status, text, json, warning: answer.headers['warning'] }
  }
}
