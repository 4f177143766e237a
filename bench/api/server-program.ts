// The program that is measured: the API server of a cluster over its durable log, with nothing
// beside it, or over an etcd. In: a folder with pki/ and store/, maybe the URL of an etcd. Out: a
// line with the port once it answers.

import { readFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { createRegistry } from '../../src/apiserver/registry/registry.ts'
import { takenOver } from '../../src/apiserver/registry/taken-over.ts'
import { type ApiServer, startApiServer } from '../../src/apiserver/server.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { lineLog, silentLog } from '../../src/lib/log.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { runCompaction } from '../../src/store/compaction.ts'
import { etcdStore } from '../../src/store/drivers/etcd/etcd-store.ts'
import { logStore } from '../../src/store/drivers/log.ts'
import type { Store } from '../../src/store/store.ts'

const [, , folder = '.', etcdUrl] = process.argv
const pem = (name: string) => readFileSync(join(folder, 'pki', name), 'utf8')
const { signal } = new AbortController()
const serviceSubnet = '10.96.0.0/16'

const log = lineLog((line) => process.stderr.write(line))
const store = etcdUrl ? await openEtcd(etcdUrl) : await logStore(join(folder, 'store'))
const registry = createRegistry({
  store,
  clock: systemClock,
  random: systemRandom,
  signal,
  serviceSubnet,
  authorizeCreate: (request) => server.authorizeCreate(request),
  authorize: (user, asked) => server.authorizer.authorize(user, asked),
})
const server: ApiServer = await startApiServer({
  registry,
  tls: { cert: pem('server.crt'), key: pem('server.key'), clientCa: pem('ca.crt') },
  serviceAccounts: { issuer: 'https://kubernetes.default.svc', privateKey: pem('sa.key') },
  cluster: {
    serverAddress: '172.18.0.1',
    serverPort: 6443,
    serviceSubnet,
    podSubnet: '10.244.0.0/16',
    domain: 'cluster.local',
    clusterName: 'bench',
  },
  log,
  listen: [{ address: '127.0.0.1', port: 0 }],
})
void runCompaction(store, { clock: systemClock, signal })
const [address] = server.addresses
if (typeof address !== 'object' || !address) throw new Error('the server has no port')
process.stdout.write(`${JSON.stringify({ port: address.port })}\n`)
setImmediate(() => flushCompileCache())

async function openEtcd(url: string): Promise<Store> {
  const options = { endpoints: [url], clock: systemClock, signal, log: silentLog }
  return takenOver(await etcdStore(options))
}
