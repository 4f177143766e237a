import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { killIfThere } from '../../src/cluster/processes.ts'
import {
  clusterOf,
  eventually,
  startCluster,
  type TestCluster,
} from '../scenarios/support/cluster.ts'
import { type Identity, identities } from '../scenarios/support/identity.ts'
import { leftovers } from '../scenarios/support/leftovers.ts'

interface Status {
  readonly status: string
  readonly processes: readonly { readonly name: string; readonly pid: number }[]
}

const name = 'life'

async function statusOf({ identity }: TestCluster): Promise<Status> {
  const result = await identity.run([identity.sampan, 'status', '--name', name, '--json'])
  return JSON.parse(result.stdout)
}

async function killAll(cluster: TestCluster, order: (names: string[]) => string[]): Promise<void> {
  const { processes } = await statusOf(cluster)
  for (const wanted of order(processes.map((one) => one.name))) {
    const pid = processes.find((one) => one.name === wanted)?.pid
    // Those that it served may end before it is their turn.
    if (pid) killIfThere(pid)
  }
}

for (const [who, makeIdentity] of Object.entries(identities())) {
  describe(`The life of a cluster, as ${who}`, () => {
    let identity: Identity
    before(async () => {
      identity = await makeIdentity()
    })
    after(async () => {
      await clusterOf(identity, name).down()
      await identity.dispose()
    })
    const nothingIsLeft = () =>
      eventually(async () => assert.deepEqual(leftovers(identity, name), []))

    test('whatever is killed in whatever order, the cluster comes back with all it held', async () => {
      const cluster = await startCluster(identity, { name, flags: ['--nodes', '1'] })
      await cluster.kubectl('create', 'configmap', 'kept', '--from-literal=a=b')
      for (const part of ['control-plane', 'agent', 'supervisor']) {
        await killAll(cluster, () => [part])
        await eventually(async () => {
          const { status } = await statusOf(cluster)
          assert.equal(status, 'running')
          assert.match(await cluster.kubectl('get', 'nodes'), / Ready /)
        })
      }
      await killAll(cluster, () => ['porter'])
      await cluster.sampan('start')
      assert.equal((await statusOf(cluster)).status, 'running')
      await killAll(cluster, () => ['holder'])
      await eventually(async () => {
        assert.equal((await statusOf(cluster)).status, 'running')
        assert.match(await cluster.kubectl('get', 'configmap', 'kept', '-o', 'yaml'), /a: b/)
      })
    })

    test('a stopped cluster starts with all it held, at the same address', async () => {
      const cluster = clusterOf(identity, name)
      const before = await cluster.sampan('kubeconfig')
      await cluster.sampan('stop')
      assert.equal((await statusOf(cluster)).status, 'stopped')
      assert.deepEqual(
        leftovers(identity, name).filter((line) => line.startsWith('process')),
        [],
      )
      await cluster.sampan('start')
      assert.equal(await cluster.sampan('kubeconfig'), before)
      assert.match(await cluster.kubectl('get', 'configmap', 'kept', '-o', 'yaml'), /a: b/)
    })

    test('a second up of the same name is refused and changes nothing', async () => {
      const cluster = clusterOf(identity, name)
      const before = await statusOf(cluster)
      const again = await identity.run([identity.sampan, 'up', '--name', name])
      assert.equal(again.exitCode, 1)
      assert.match(again.stderr, /the cluster "life" is there already \(running\)/)
      assert.deepEqual(await statusOf(cluster), before)
    })

    test('two clusters live side by side', async () => {
      const other = await startCluster(identity, { name: 'beside', flags: ['--nodes', '1'] })
      try {
        assert.match(await other.kubectl('get', 'nodes'), /^beside-control-plane +Ready/m)
        const own = await clusterOf(identity, name).kubectl('get', 'nodes')
        assert.match(own, /^life-control-plane +Ready/m)
        const listed = await identity.run([identity.sampan, 'list'])
        assert.match(listed.stdout, /^beside +running +1$/m)
        assert.match(listed.stdout, /^life +running +1$/m)
      } finally {
        await other.down()
      }
    })

    for (const [title, order] of Object.entries({
      'from the first to the last': (names: string[]) => names,
      'from the last to the first': (names: string[]) => names.toReversed(),
    })) {
      test(`killed ${title}, down leaves nothing`, async () => {
        const cluster = clusterOf(identity, name)
        if ((await identity.run([identity.sampan, 'status', '--name', name])).exitCode !== 0) {
          await startCluster(identity, { name, flags: ['--nodes', '1'] })
        }
        await killAll(cluster, order)
        await cluster.down()
        await nothingIsLeft()
      })
    }

    test('a port that is taken is named, and nothing is left', async () => {
      const taken = createServer().listen(0, '127.0.0.1')
      await new Promise((resolve) => taken.once('listening', resolve))
      const address = taken.address()
      const port = typeof address === 'object' && address ? address.port : 0
      const kindFile = `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
networking: {apiServerPort: ${port}}
`
      const file = clusterOf(identity, name).file('taken.yml', kindFile)
      const result = await identity.run([identity.sampan, 'up', '--name', name, '--config', file])
      taken.close()
      assert.equal(result.exitCode, 1)
      assert.match(result.stderr, new RegExp(`cannot open 127.0.0.1:${port}: it is in use`))
      await nothingIsLeft()
    })

    test('a broken kind file is told by line, and nothing is left', async () => {
      const kindFile = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnodes:\n- rol: worker\n'
      const file = clusterOf(identity, name).file('broken.yml', kindFile)
      const result = await identity.run([identity.sampan, 'up', '--name', name, '--config', file])
      assert.equal(result.exitCode, 1)
      assert.match(
        result.stderr,
        /broken\.yml:4: nodes\[0\]\.rol: unknown field, did you mean role\?/,
      )
      await nothingIsLeft()
    })
  })
}
