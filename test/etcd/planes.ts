// Control planes over one etcd for tests: each a process that can be killed and started again.

import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createTestPki, serviceAccountKey } from '../../src/apiserver/testing/test-pki.ts'
import { type ApiClient, createClient } from '../../src/client/create-client.ts'
import { httpsTransport } from '../../src/client/https-transport.ts'
import type { EtcdTls } from '../../src/store/drivers/etcd/members.ts'
import type { PlaneSettings } from './plane-process.ts'

export interface Plane {
  readonly host: string
  /** Its address among the endpoints of the `kubernetes` Service. */
  readonly advertised: string
  /** As a member of system:masters. */
  readonly client: ApiClient
  start(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGTERM: it gives back what it holds. */
  stop(): Promise<void>
  /** SIGSTOP: as a machine that sleeps. */
  suspend(): void
  resume(): void
}

export interface PlanesOptions {
  readonly endpoints: readonly string[]
  readonly hosts: readonly string[]
  readonly tls?: EtcdTls
  readonly hasControllers?: boolean
}

export interface Planes extends AsyncDisposable {
  readonly planes: readonly Plane[]
}

/** Each at an address of its own, 127.0.0.1 and on, all at one port. */
export async function startPlanes({
  endpoints,
  hosts,
  tls,
  hasControllers = true,
}: PlanesOptions): Promise<Planes> {
  const addresses = hosts.map((_, index) => `127.0.0.${index + 1}`)
  const pki = createTestPki(addresses)
  const admin = pki.client('admin', 'system:masters')
  const port = await freePort()
  const shared = { endpoints, tls, port, hasControllers, serviceAccountKey: serviceAccountKey() }
  const { ca, caKey, server } = pki
  const planes = hosts.map((host, index) => {
    const address = addresses[index] ?? ''
    const transport = httpsTransport({ server: `https://${address}:${port}`, ca, ...admin })
    const advertised = `10.0.0.${index + 1}`
    const settings = { ...shared, host, address, advertised, pki: { ca, caKey, server } }
    return { ...createPlane(settings, createClient(transport)), close: () => transport.close() }
  })
  // One after the other: the first is to lead.
  for (const plane of planes) await plane.start()
  return {
    planes,
    async [Symbol.asyncDispose]() {
      await Promise.all(planes.map((plane) => plane.kill()))
      for (const plane of planes) plane.close()
    },
  }
}

function createPlane(settings: PlaneSettings, client: ApiClient): Plane {
  const { host, advertised } = settings
  let child: ChildProcess | undefined

  async function end(signal: NodeJS.Signals): Promise<void> {
    const dying = child
    child = undefined
    if (!dying || dying.exitCode !== null) return
    const ended = new Promise((resolve) => dying.once('exit', resolve))
    dying.kill(signal)
    await ended
  }

  return {
    ...{ host, advertised, client },
    async start() {
      const script = fileURLToPath(new URL('plane-process.ts', import.meta.url))
      const started = spawn(process.execPath, [script, JSON.stringify(settings)], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      child = started
      const folder = process.env['SAMPAN_TEST_LOG']
      if (folder) started.stderr.pipe(createWriteStream(`${folder}/${host}.log`, { flags: 'a' }))
      else started.stderr.resume()
      await new Promise<void>((resolve, reject) => {
        started.stdout.once('data', () => resolve())
        started.once('exit', (code) => reject(new Error(`${host} ended with code ${code}`)))
      })
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    suspend: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
