// One scenario file: its tests once for each identity, on a cluster they share.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type ClusterOptions, eventually, startCluster, type TestCluster } from './cluster.ts'
import { type Identity, identities } from './identity.ts'
import { leftovers } from './leftovers.ts'

export type Step = (cluster: TestCluster) => Promise<void>

/** The steps run in order; each is a test of its own. At the end nothing may be left. */
export function scenario(
  title: string,
  options: ClusterOptions,
  steps: Readonly<Record<string, Step>>,
): void {
  for (const [who, makeIdentity] of Object.entries(identities())) {
    describe(`${title}, as ${who}`, () => {
      let identity: Identity
      let cluster: TestCluster
      before(async () => {
        identity = await makeIdentity()
        cluster = await startCluster(identity, options)
      })
      after(async () => {
        await cluster?.down()
        try {
          if (cluster)
            await eventually(async () => assert.deepEqual(leftovers(identity, cluster.name), []))
        } finally {
          await identity?.dispose()
        }
      })
      for (const [name, step] of Object.entries(steps)) {
        test(name, { timeout: 120_000 }, () => step(cluster))
      }
    })
  }
}
