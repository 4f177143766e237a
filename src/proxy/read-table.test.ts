import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, runCommand } from '../host/command.ts'
import { isInFabric } from '../host/in-fabric.ts'
import { createNft } from '../host/nft.ts'
import type { Front } from './fronts.ts'
import { createLedger } from './ledger.ts'
import { readTable } from './read-table.ts'
import { layoutName, table, tableCommands } from './ruleset.ts'

const options = { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/16' }

function front(more: Partial<Front>): Front {
  const targets = [1, 2, 3].map((last) => ({ address: `10.244.0.${last}`, port: 80 + last }))
  const traits = { isForInside: false, isMasqueraded: false, refusal: 'drop' } as const
  return { protocol: 'tcp', port: 80, targets, ...traits, ...more }
}

const plan = {
  fronts: [
    front({ address: '10.96.0.1', port: 443 }),
    front({ address: '10.96.0.1', port: 53, protocol: 'udp', affinitySeconds: 10 }),
    front({ address: '10.96.0.1', port: 9, protocol: 'sctp', isMasqueraded: true }),
    front({ port: 30_080, isMasqueraded: true }),
    front({ port: 30_081, isForInside: true }),
    front({ address: '10.96.0.2', targets: [] }),
    front({ port: 30_082, targets: [], refusal: 'reject' }),
  ],
  clusterIPs: ['10.96.0.1', '10.96.0.2'],
  hairpins: ['10.244.0.1'],
}

if (isInFabric(import.meta.url, [])) {
  const nft = createNft()

  test('what is read back is what was written, and then nothing is left to do', async () => {
    const writer = createLedger()
    writer.replace('web', plan)
    const [all] = writer.takeAll(1000)
    await nft.run([...tableCommands(options), ...(all?.commands ?? [])])

    const found = readTable(await nft.list(`table ${table}`), layoutName(options))
    assert(found)
    const reader = createLedger()
    reader.replace('web', plan)
    assert.equal(reader.adopt(found), 0)
    assert.deepEqual(reader.take(), { commands: [], flows: [] })
  })

  test('what differs from what is there is changed, and nothing else', async () => {
    const found = readTable(await nft.list(`table ${table}`), layoutName(options))
    assert(found)
    const ledger = createLedger()
    ledger.replace('web', { ...plan, fronts: plan.fronts.slice(1), hairpins: [] })
    ledger.replace('new', {
      fronts: [front({ address: '10.96.0.9' })],
      clusterIPs: [],
      hairpins: [],
    })
    assert.equal(ledger.adopt(found), 9)
    await nft.run(ledger.take().commands)
    const listed = await check(runCommand, ['nft', 'list', 'table', 'ip', 'sampan_proxy'])
    assert.match(listed, /10\.96\.0\.9 \. (tcp|6) \. 80 : goto s_3/)
    assert.doesNotMatch(listed, /10\.96\.0\.1 \. tcp \. 443/)
  })

  test('a table with other rules is not gone on with', async () => {
    const listed = await nft.list(`table ${table}`)
    assert.equal(readTable(listed, layoutName({ podSubnet: '10.0.0.0/8' })), undefined)
    assert.equal(readTable(undefined, layoutName(options)), undefined)
    nft.close()
  })
}
