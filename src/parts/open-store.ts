// The store of a cluster: its own log, or an etcd that is reached over the host's network.

import { readFileSync } from 'node:fs'
import type { EtcdConfig } from '../cluster/config.ts'
import type { PartContext } from '../cluster/run-part.ts'
import { systemClock } from '../lib/clock.ts'
import { etcdStore } from '../store/drivers/etcd/etcd-store.ts'
import { logStore } from '../store/drivers/log.ts'
import type { Store } from '../store/store.ts'

export function openStore({ config, folder, log, porter, signal }: PartContext): Promise<Store> {
  const { etcd } = config
  if (!etcd) return logStore(folder.store)
  return etcdStore({
    endpoints: etcd.endpoints,
    tls: tlsOf(etcd),
    // The fabric has no way to the host's network but the porter.
    connect: (host, port) => porter.connect(host, port),
    clock: systemClock,
    signal,
    log,
  })
}

function tlsOf({ caFile, certFile, keyFile }: EtcdConfig) {
  const read = (file: string) => readFileSync(file, 'utf8')
  return {
    ...(caFile !== undefined && { ca: read(caFile) }),
    ...(certFile !== undefined && { cert: read(certFile) }),
    ...(keyFile !== undefined && { key: read(keyFile) }),
  }
}
