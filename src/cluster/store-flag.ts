// Plan: the flags about the store -> where objects are kept. `etcd=URL,...` names the members of an
// etcd on the host's network; without flags the cluster keeps its own log.

import { isAbsolute } from 'node:path'
import type { EtcdConfig } from './config.ts'
import { UserError } from './user-error.ts'

export interface StoreFlags {
  /** etcd=URL,... */
  readonly store?: string
  /** Absolute paths, as upstream's --etcd-cafile and its like. */
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  readonly user?: string
  readonly passwordFile?: string
}

/** undefined: the cluster's own log. */
export function planStore(flags: StoreFlags): EtcdConfig | undefined {
  const { store, ...rest } = flags
  if (store === undefined) {
    if (Object.keys(rest).length > 0) throw new UserError('--etcd-*: needs --store etcd=URL,...')
    return undefined
  }
  const [kind, list = ''] = splitOnce(store)
  if (kind !== 'etcd') throw new UserError(`--store ${store}: expected etcd=URL,...`)
  const { user, ...files } = rest
  if ((files.certFile === undefined) !== (files.keyFile === undefined)) {
    throw new UserError('--etcd-certfile and --etcd-keyfile: one needs the other')
  }
  if ((user === undefined) !== (files.passwordFile === undefined)) {
    throw new UserError('--etcd-user and --etcd-password-file: one needs the other')
  }
  for (const path of Object.values(files)) {
    if (!isAbsolute(path)) throw new UserError(`${path}: expected an absolute path`)
  }
  return { endpoints: list.split(',').map(endpointOf), ...rest }
}

function splitOnce(text: string): readonly [string, string?] {
  const at = text.indexOf('=')
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function endpointOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.username) {
    throw new UserError(`--store: "${text}" is no http://HOST:PORT or https://HOST:PORT`)
  }
  return url.origin
}
