// A control plane in one process for tests: API server over a memory store, controllers,
// scheduler, and nodes whose Pods become ready at once and end at once.

import type { AddressInfo } from 'node:net'
import { kubernetesProtobuf } from '../../src/apiserver/protobuf.ts'
import { createRegistry, type Registry } from '../../src/apiserver/registry/registry.ts'
import { type ApiServer, startApiServer } from '../../src/apiserver/server.ts'
import {
  createTestPki,
  serviceAccountKey,
  type TestPki,
} from '../../src/apiserver/testing/test-pki.ts'
import { cluster } from '../../src/apiserver/testing/test-server.ts'
import { type ApiClient, createClient } from '../../src/client/create-client.ts'
import { createInformers, type RunningInformers } from '../../src/client/informers.ts'
import { controllerWants } from '../../src/controllers/controllers.ts'
import { startControllers } from '../../src/controllers/start.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { lineLog, silentLog } from '../../src/lib/log.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { schedulerWants } from '../../src/scheduler/feed.ts'
import { startScheduler } from '../../src/scheduler/start.ts'
import { memoryStore } from '../../src/store/drivers/memory.ts'
import { type FakeNodes, runFakeNodes } from './fake-nodes.ts'

export interface ControlPlane extends AsyncDisposable {
  /** As a member of system:masters. */
  readonly client: ApiClient
  readonly informers: RunningInformers
  readonly nodes: FakeNodes
  /** Where it listens for others than these, and a kubeconfig of a member of system:masters. */
  readonly url: string
  readonly kubeconfig: string
  /** Resolves to what `find` gives once it gives something; asks again after every change. */
  eventually<T>(what: string, find: () => T | undefined | false): Promise<T>
}

const longestWaitMs = 10_000

export async function startControlPlane(nodeNames: readonly string[]): Promise<ControlPlane> {
  const stop = new AbortController()
  const { signal } = stop
  const log = process.env['SAMPAN_TEST_LOG']
    ? lineLog((line) => process.stderr.write(line))
    : silentLog
  const store = await memoryStore()
  const clock = systemClock
  const random = systemRandom
  const registry: Registry = createRegistry({
    ...{ store, clock, random, signal },
    authorize: (user, asked) => server.authorizer.authorize(user, asked),
    rulesFor: (user, namespace) => server.authorizer.rulesFor(user, namespace),
    protobuf: kubernetesProtobuf,
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
    log,
    listen: [{ address: '127.0.0.1', port: 0 }],
  })
  const url = `https://127.0.0.1:${(server.addresses[0] as AddressInfo).port}`
  const clientOf = (name: string, ...groups: string[]) =>
    createClient(server.inProcess({ name, groups: [...groups, 'system:authenticated'] }))
  const account = (name: string) =>
    clientOf(
      `system:serviceaccount:kube-system:${name}`,
      'system:serviceaccounts',
      'system:serviceaccounts:kube-system',
    )
  const client = clientOf('test', 'system:masters')
  const manager = clientOf('system:kube-controller-manager')
  const wants = [...controllerWants, ...schedulerWants]
  const informers = createInformers(manager, wants, { signal, log })
  const shared = { signal, clock, random, log, informers }
  const controllers = startControllers({
    ...shared,
    client: manager,
    clientOf: account,
    rootCa: pki.ca,
    signing: { certificate: pki.ca, key: pki.caKey },
    signLegacyToken: server.signLegacyToken,
  })
  const scheduler = startScheduler({ ...shared, client: clientOf('system:kube-scheduler') })
  const nodes = await runFakeNodes(client, informers, nodeNames)

  return {
    client,
    informers,
    nodes,
    url,
    kubeconfig: JSON.stringify(adminConfig(url, pki)),
    async eventually(what, find) {
      const startedMs = Date.now()
      for (;;) {
        const found = find()
        if (found) return found
        if (Date.now() - startedMs > longestWaitMs) throw new Error(`not in time: ${what}`)
        await clock.sleep(5)
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all([controllers.ended, scheduler.ended])
      await server.close()
      await store[Symbol.asyncDispose]()
    },
  }
}

function adminConfig(url: string, pki: TestPki): object {
  const encode = (text: string) => Buffer.from(text).toString('base64')
  const { cert, key } = pki.client('kubernetes-admin', 'system:masters')
  const user = { 'client-certificate-data': encode(cert), 'client-key-data': encode(key) }
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      { name: 'test', cluster: { server: url, 'certificate-authority-data': encode(pki.ca) } },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
    users: [{ name: 'admin', user }],
  }
}
