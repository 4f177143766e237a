// The store of a cluster: its own log, or an etcd that is reached over the host's network.

import { readFileSync } from 'node:fs'
import { takenOver } from '../apiserver/registry/taken-over.ts'
import type { EtcdConfig } from '../cluster/config.ts'
import type { PartContext } from '../cluster/run-part.ts'
import { systemClock } from '../lib/clock.ts'
import { etcdStore } from '../store/drivers/etcd/etcd-store.ts'
import { logStore } from '../store/drivers/log.ts'
import type { Store } from '../store/store.ts'

export async function openStore(context: PartContext): Promise<Store> {
  const { config, folder, log, porter, signal } = context
  const { etcd } = config
  if (!etcd) return logStore(folder.store)
  const store = await etcdStore({
    endpoints: etcd.endpoints,
    tls: tlsOf(etcd),
    // The fabric has no way to the host's network but the porter.
    connect: (host, port) => porter.connect(host, port),
    clock: systemClock,
    signal,
    log,
  })
  return takenOver(store)
}

function tlsOf({ caFile, certFile, keyFile }: EtcdConfig) {
  const read = (file: string) => readFileSync(file, 'utf8')
  return {
    ...(caFile !== undefined && { ca: read(caFile) }),
    ...(certFile !== undefined && { cert: read(certFile) }),
    ...(keyFile !== undefined && { key: read(keyFile) }),
  }
}
