// The store of a cluster: its own log, or an etcd that is reached over the host's network.

import { readFileSync } from 'node:fs'
import { encryptedLog } from '../apiserver/encryption/encrypted-log.ts'
import { readableStore } from '../apiserver/encryption/readable-store.ts'
import { ValueNotes } from '../apiserver/encryption/value-notes.ts'
import { type AtRest, takenOver } from '../apiserver/registry/taken-over.ts'
import type { EtcdConfig } from '../cluster/config.ts'
import type { PartContext } from '../cluster/run-part.ts'
import { systemClock } from '../lib/clock.ts'
import { etcdStore } from '../store/drivers/etcd/etcd-store.ts'
import { openLog } from '../store/drivers/log.ts'
import { openLocalStore } from '../store/local-store.ts'
import type { Store } from '../store/store.ts'
import { encryptionSettings } from './api-server-settings.ts'

export interface OpenedStore extends AsyncDisposable {
  readonly store: Store
  /** Values that another key has encrypted than would now. */
  readonly isStale: (value: Uint8Array) => boolean
}

export async function openStore(context: PartContext): Promise<OpenedStore> {
  const atRest = { codec: encryptionSettings(context), notes: new ValueNotes() }
  const store = context.config.etcd
    ? await openEtcd(context, context.config.etcd, atRest)
    : await openOwnLog(context, atRest)
  const dispose = () => store[Symbol.asyncDispose]()
  return { store, isStale: atRest.notes.isStale, [Symbol.asyncDispose]: dispose }
}

/** What nobody can read is known once the log is read: only then reads are looked at. */
async function openOwnLog({ folder }: PartContext, { codec, notes }: AtRest): Promise<Store> {
  const log = encryptedLog(await openLog(folder.store), codec, notes)
  const store = await openLocalStore(log)
  return notes.hasUnreadable ? readableStore(store, notes) : store
}

async function openEtcd(
  { log, porter, signal }: PartContext,
  etcd: EtcdConfig,
  atRest: AtRest,
): Promise<Store> {
  const store = await etcdStore({
    endpoints: etcd.endpoints,
    tls: tlsOf(etcd),
    ...userOf(etcd),
    // The fabric has no way to the host's network but the porter.
    connect: (host, port) => porter.connect(host, port),
    clock: systemClock,
    signal,
    log,
  })
  return readableStore(takenOver(store, atRest), atRest.notes)
}

function tlsOf({ caFile, certFile, keyFile }: EtcdConfig) {
  const read = (file: string) => readFileSync(file, 'utf8')
  return {
    ...(caFile !== undefined && { ca: read(caFile) }),
    ...(certFile !== undefined && { cert: read(certFile) }),
    ...(keyFile !== undefined && { key: read(keyFile) }),
  }
}

/** A newline at the end of the file is the editor's, not the password's. */
function userOf({ user, passwordFile }: EtcdConfig) {
  if (user === undefined || passwordFile === undefined) return {}
  const password = readFileSync(passwordFile, 'utf8').replace(/\r?\n$/, '')
  return { user: { name: user, password } }
}
