// What the parts of an agent share: clients, the runtime, the network namespaces.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { kubernetesRelease } from '../api/kubernetes-version.ts'
import { type ApiClient, createClient } from '../client/create-client.ts'
import { createEventRecorder, type EventRecorder } from '../client/events.ts'
import { httpsTransport } from '../client/https-transport.ts'
import { createInformers, type RunningInformers, type Want } from '../client/informers.ts'
import { fabricAddress, fabricApiPort } from '../cluster/config.ts'
import { machineWideName, runFolder } from '../cluster/folders.ts'
import type { PartContext } from '../cluster/run-part.ts'
import { type NetworkNamespace, openNetworkNamespace } from '../host/network-namespace.ts'
import { systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import { createRuntime, type EmbeddedRuntime } from '../runtime/runtime.ts'

export interface ClusterDrivers {
  readonly runtime: EmbeddedRuntime
  /** The namespace in which this process is. */
  readonly fabric: NetworkNamespace
  namespaceOf(node: string): NetworkNamespace
  /** A client that is who the certificate says, and calls itself `program`. */
  clientAs(certificate: string, program?: string): ApiClient
  /** Events of a component, written as who the certificate says. */
  recordAs(certificate: string, component: string): EventRecorder
  inform(wants: readonly Want[]): RunningInformers
  close(): void
}

export async function clusterDrivers(context: PartContext): Promise<ClusterDrivers> {
  const { config, folder, state, log, signal } = context
  const runtime = await createRuntime({
    cluster: machineWideName(folder),
    folder: folder.runtime,
    imagesFolder: folder.images,
    runFolder,
    supervisorSocket: folder.supervisorSocket,
    ids: state.ids ?? 'single',
    log,
    dial: (host, port) => context.porter.connect(host, port),
  })
  const shared = { signal, log, clock: systemClock, random: systemRandom }
  const fabric = openNetworkNamespace()
  const namespaces = new Map(config.nodes.map(({ name }) => [name, openNetworkNamespace(name)]))
  const closers: (() => void)[] = []
  const clientAs = (certificate: string, program = 'sampan-agent') => {
    const transport = httpsTransport({
      server: `https://${fabricAddress}:${fabricApiPort}`,
      ca: readFileSync(join(folder.pki, 'ca.crt'), 'utf8'),
      cert: readFileSync(join(folder.pki, `${certificate}.crt`), 'utf8'),
      key: readFileSync(join(folder.pki, `${certificate}.key`), 'utf8'),
      userAgent: `${program}/${kubernetesRelease}`,
    })
    closers.push(() => transport.close())
    return createClient(transport)
  }
  return {
    runtime,
    fabric,
    namespaceOf(node) {
      const found = namespaces.get(node)
      if (!found) throw new Error(`there is no node ${node}`)
      return found
    },
    clientAs,
    recordAs: (certificate, component) =>
      createEventRecorder({ ...shared, client: clientAs(certificate), source: { component } }),
    inform: (wants) => createInformers(clientAs('agent'), wants, shared),
    close() {
      for (const close of closers) close()
      for (const namespace of [fabric, ...namespaces.values()]) namespace.close()
      runtime.close()
    },
  }
}
