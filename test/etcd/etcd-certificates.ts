// Certificates for an etcd and for those who use it, in a folder that goes with the test.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePki } from '../../src/cluster/pki.ts'
import { planCluster } from '../../src/cluster/plan-cluster.ts'
import type { EtcdTls } from '../../src/store/drivers/etcd/members.ts'

export interface EtcdCertificates extends Disposable {
  /** Paths of PEM files for the members. */
  readonly server: { readonly ca: string; readonly cert: string; readonly key: string }
  readonly client: Required<EtcdTls>
}

export function etcdCertificates(): EtcdCertificates {
  const folder = mkdtempSync(join(tmpdir(), 'sampan-etcd-pki-'))
  ensurePki(planCluster({}).config, folder, new Date())
  const path = (name: string) => join(folder, name)
  const pem = (name: string) => readFileSync(path(name), 'utf8')
  return {
    server: { ca: path('ca.crt'), cert: path('apiserver.crt'), key: path('apiserver.key') },
    client: {
      ca: pem('ca.crt'),
      cert: pem('apiserver-kubelet-client.crt'),
      key: pem('apiserver-kubelet-client.key'),
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
