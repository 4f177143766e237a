// A cluster whose objects are in an etcd of the host: they outlive it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { etcdMissing, startEtcd } from '../../src/store/drivers/etcd/etcd-process.ts'
import { startCluster } from '../scenarios/support/cluster.ts'
import { identities } from '../scenarios/support/identity.ts'

for (const [who, makeIdentity] of Object.entries(identities())) {
  test(`down leaves etcd as it is, and up finds it, as ${who}`, { skip: etcdMissing }, async () => {
    await using etcd = await startEtcd({ size: 3 })
    const identity = await makeIdentity()
    const flags = ['--nodes', '1', '--store', `etcd=${etcd.endpoints.join(',')}`]
    try {
      const first = await startCluster(identity, { name: 'test-etcd', flags })
      await first.kubectl('create', 'configmap', 'keep', '--from-literal=key=value')
      await etcd.members[0]?.kill()
      await first.kubectl('create', 'configmap', 'after', '--from-literal=key=value')
      await first.down()
      const second = await startCluster(identity, { name: 'test-etcd', flags })
      const names = await second.kubectl('get', 'configmaps', '-o', 'name')
      await second.down()
      assert.deepEqual(names.split('\n'), [
        'configmap/after',
        'configmap/keep',
        'configmap/kube-root-ca.crt',
      ])
    } finally {
      await identity.dispose()
    }
  })
}
