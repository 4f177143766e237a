import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isReason } from '../api/status-error.ts'
import { encodeCertificate } from '../wire/x509.ts'
import { createClient } from './create-client.ts'
import { httpsTransport } from './https-transport.ts'

/** A certificate of its own for 127.0.0.1, which clients take as their CA. */
function selfSigned(): { readonly cert: string; readonly key: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = { commonName: 'test' }
  const cert = encodeCertificate({
    subject,
    issuer: subject,
    publicKey,
    isAuthority: true,
    serial: Buffer.of(1),
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: new Date('2100-01-01T00:00:00Z'),
    usages: ['serverAuth'],
    names: ['127.0.0.1'],
    issuerKey: privateKey,
    issuerPublicKey: publicKey,
  })
  return { cert, key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() }
}

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const identity = selfSigned()
  const server = createServer(identity, handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    server,
    url: `https://127.0.0.1:${port}`,
    ca: identity.cert,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test('forty watches do not hold a request up, and requests share connections', async () => {
  const sockets = new Set<unknown>()
  await using api = await serve((request, response) => {
    if (!request.url?.includes('watch=true')) {
      sockets.add(request.socket)
      response.end('{"metadata":{"resourceVersion":"5"},"items":[]}')
    } else response.write('{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"6"}}}\n')
  })
  const transport = httpsTransport({ server: api.url, ca: api.ca, maxSockets: 2 })
  const client = createClient(transport)
  const stop = new AbortController()
  const watches = Array.from({ length: 40 }, () =>
    client.watch('Pod', { resourceVersion: '5', signal: stop.signal })[Symbol.asyncIterator](),
  )
  const first = await Promise.all(watches.map((watch) => watch.next()))
  assert.deepEqual(first[39]?.value, { type: 'BOOKMARK', resourceVersion: '6' })
  for (let time = 0; time < 5; time += 1) await client.list('Pod')
  assert.equal(sockets.size, 1)
  const ends = watches.map((watch) => watch.next())
  stop.abort()
  const results = await Promise.allSettled(ends)
  assert.ok(results.every(({ status }) => status === 'rejected'))
  transport.close()
})

test('a token is read from its file, and an error keeps its reason and details', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'token-'))
  try {
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, 'secret\n')
    await using api = await serve(({ headers }, response) => {
      response.statusCode = 403
      const message = `${headers.authorization} may not`
      response.end(JSON.stringify({ kind: 'Status', code: 403, reason: 'Forbidden', message }))
    })
    const transport = httpsTransport({ server: api.url, ca: api.ca, tokenFile })
    const asked = createClient(transport).get('Pod', { namespace: 'shop', name: 'web' })
    const error = await asked.then(
      () => undefined,
      (caught: unknown) => caught,
    )
    assert.ok(isReason(error, 'Forbidden') && error instanceof Error)
    assert.equal(error.message, 'Bearer secret may not')
    transport.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a read is asked again when the server closed the idle connection', async () => {
  let asked = 0
  await using api = await serve((request, response) => {
    asked += 1
    if (asked === 2) request.socket.destroy()
    else response.end('{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web"}}')
  })
  const transport = httpsTransport({ server: api.url, ca: api.ca })
  const client = createClient(transport)
  const key = { namespace: 'shop', name: 'web' }
  await client.get('Pod', key)
  assert.equal((await client.get('Pod', key)).metadata.name, 'web')
  assert.equal(asked, 3)
  transport.close()
})

test('an unknown authority is refused', async () => {
  await using api = await serve((_, response) => response.end('{}'))
  const transport = httpsTransport({ server: api.url, ca: selfSigned().cert })
  await assert.rejects(transport.send({ method: 'GET', path: '/version' }), /self.signed|signature/)
  transport.close()
})
