// The control plane of a cluster: store, API server, controllers, scheduler in one process. They
// meet in the API server alone, which the two latter reach without a socket.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRegistry } from '../apiserver/registry/registry.ts'
import { type ApiServer, startApiServer } from '../apiserver/server.ts'
import { fabricAddress, fabricApiPort } from '../cluster/config.ts'
import { type PartContext, runPart } from '../cluster/run-part.ts'
import { systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import { logStore } from '../store/drivers/log.ts'

runPart({ name: 'control-plane' }, async (context) => {
  const { folder, signal } = context
  // The host's port is asked for while the store is read.
  const hostServer = openHostServer(context)
  await using store = await logStore(folder.store)
  const registry = createRegistry({ store, clock: systemClock, random: systemRandom, signal })
  const server = await openApiServer(context, registry)
  const listening = await hostServer
  await server.listen(listening)
  context.ready({ apiServerPort: portOf(listening) })
  await ended(signal)
  await server.close()
})

function openApiServer(
  { config, folder, log }: PartContext,
  registry: ReturnType<typeof createRegistry>,
): Promise<ApiServer> {
  const pem = (file: string) => readFileSync(join(folder.pki, file), 'utf8')
  return startApiServer({
    registry,
    tls: { cert: pem('apiserver.crt'), key: pem('apiserver.key'), clientCa: pem('ca.crt') },
    serviceAccounts: {
      issuer: `https://kubernetes.default.svc.${config.domain}`,
      privateKey: pem('sa.key'),
    },
    cluster: {
      serverAddress: fabricAddress,
      serverPort: fabricApiPort,
      serviceSubnet: config.serviceSubnet,
      podSubnet: config.podSubnet,
      domain: config.domain,
      clusterName: config.name,
    },
    log,
    listen: [{ address: fabricAddress, port: fabricApiPort }],
    kubelet: {
      cert: pem('apiserver-kubelet-client.crt'),
      key: pem('apiserver-kubelet-client.key'),
      ca: pem('ca.crt'),
    },
  })
}

/** The port it had before, so that kubeconfigs stay true; another where that one is taken. */
async function openHostServer({ config, state, porter }: PartContext) {
  const { address, port } = config.apiServer
  if (port !== 0 || state.apiServerPort === undefined) return porter.listen(address, port)
  try {
    return await porter.listen(address, state.apiServerPort)
  } catch {
    return porter.listen(address, 0)
  }
}

function portOf(server: Awaited<ReturnType<typeof openHostServer>>): number {
  const address = server.address()
  if (typeof address === 'object' && address) return address.port
  throw new Error('the server has no port')
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
