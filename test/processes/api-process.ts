// An API server over the log store as a process of its own, for tests that kill it:
// `node api-process.ts FOLDER`. It reads FOLDER/pki.json, keeps its log in FOLDER/store, tells the
// witness FOLDER/witness.jsonl what it does to it, and prints its port once it answers.
// No sync of the log ends while FOLDER/hold is there; SNAPSHOT_ABOVE says when it takes snapshots.

import { existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createRegistry } from '../../src/apiserver/registry/registry.ts'
import { startApiServer } from '../../src/apiserver/server.ts'
import { cluster } from '../../src/apiserver/testing/test-server.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { lineLog } from '../../src/lib/log.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { type Disk, systemDisk } from '../../src/store/drivers/disk.ts'
import { openLog } from '../../src/store/drivers/log.ts'
import { openLocalStore } from '../../src/store/local-store.ts'
import { type LogEvent, recordedLog } from '../history/recorded-log.ts'
import { textOfStored } from '../simulation/api-calls.ts'

const [folder = ''] = process.argv.slice(2)
const slowDisk: Disk = {
  ...systemDisk,
  async open(path) {
    const file = await systemDisk.open(path)
    const sync = async () => {
      while (existsSync(join(folder, 'hold'))) await delay(5)
      await file.sync()
    }
    return { ...file, sync }
  },
}

/** Written at once, so that it outlives the process; a line that a kill cut short is followed by one of its own. */
function openWitness(): (event: LogEvent) => void {
  const file = openSync(process.env['WITNESS'] ?? join(folder, 'witness.jsonl'), 'a')
  writeSync(file, '\n')
  return (event) => void writeSync(file, `${JSON.stringify(event)}\n`)
}

const driver = await openLog(join(folder, 'store'), {
  snapshotAboveBytes: Number(process.env['SNAPSHOT_ABOVE'] ?? 32 << 20),
  disk: slowDisk,
})
const store = await openLocalStore(recordedLog(driver, openWitness(), textOfStored))
const stop = new AbortController()
const { pki, serviceAccountKey } = JSON.parse(readFileSync(join(folder, 'pki.json'), 'utf8'))
const server = await startApiServer({
  registry: createRegistry({
    ...{ store, clock: systemClock, random: systemRandom, signal: stop.signal },
    plugins: [],
  }),
  tls: { ...pki.server, clientCa: pki.ca },
  serviceAccounts: {
    issuer: 'https://kubernetes.default.svc.cluster.local',
    privateKey: serviceAccountKey,
  },
  cluster,
  log: lineLog((line) => process.stderr.write(line)),
  listen: [{ address: '127.0.0.1', port: 0 }],
})
process.on('SIGTERM', () => {
  stop.abort()
  void server
    .close()
    .then(() => store[Symbol.asyncDispose]())
    .then(() => process.exit(0))
})
process.stdout.write(`${(server.addresses[0] as AddressInfo).port}\n`)
