import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, decode, encode, type Packet } from 'dns-packet'
import { chain } from '../lib/chain.ts'
import { testClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { encodeAnswer, readQuery } from '../wire/dns/messages.ts'
import { dnsCache } from './cache.ts'
import { clusterZone } from './cluster-zone.ts'
import { forwardDns } from './forward.ts'
import { createZone } from './zone.ts'

const zone = createZone({
  domain: 'cluster.local',
  serverAddress: '10.96.0.10',
  hasNamespace: (name) => name === 'default',
  serial: 1,
})

function queryOf(name: string, type: 'A' | 'TXT' | 'SOA' | 'NS' = 'A') {
  const read = readQuery(encode({ type: 'query', id: 7, questions: [{ type, name }] }))
  assert('query' in read)
  return read.query
}

/** A resolver that counts what it is asked and gives the answers it is made with. */
function resolver(answer: (packet: Packet) => Packet) {
  const asked: string[] = []
  const askDns = async (query: Uint8Array) => {
    const packet = decode(Buffer.from(query))
    asked.push(packet.questions?.[0]?.name ?? '')
    const { id = 0, questions = [] } = packet
    return encode({ type: 'response', id, questions, ...answer(packet) })
  }
  return { asked, askDns }
}

const address = (ttl: number): Packet => ({
  answers: [{ type: 'A', name: 'www.example.org', ttl, data: '192.0.2.1' }],
})

function chainOf(askDns: (query: Uint8Array) => Promise<Uint8Array>) {
  const clock = testClock()
  const filters = [clusterZone(zone), dnsCache({ clock, limit: 2 })]
  const handle = chain(filters, forwardDns({ askDns, log: silentLog, limit: 2 }))
  const ask = async (name: string, type?: Parameters<typeof queryOf>[1]) => {
    const query = queryOf(name, type)
    return decode(Buffer.from(encodeAnswer(query, await handle(query), 512)))
  }
  return { clock, ask }
}

const ttlOf = (answers: readonly Answer[] = []) =>
  answers.map((one) => ('ttl' in one ? one.ttl : 0))
const codeOf = (packet: ReturnType<typeof decode>) => ('rcode' in packet ? packet.rcode : undefined)

test('an answer is kept as long as it allows, and grows older meanwhile', async () => {
  const { asked, askDns } = resolver(() => address(20))
  const { ask, clock } = chainOf(askDns)
  assert.deepEqual(ttlOf((await ask('www.example.org')).answers), [20])
  clock.advance(8000)
  assert.deepEqual(ttlOf((await ask('WWW.example.org')).answers), [12])
  clock.advance(12_000)
  assert.deepEqual(ttlOf((await ask('www.example.org')).answers), [20])
  assert.equal(asked.length, 2)
})

test('no answer is kept longer than 30 seconds, nor one that says it is not to be', async () => {
  const long = resolver(() => address(3600))
  const first = chainOf(long.askDns)
  await first.ask('www.example.org')
  first.clock.advance(31_000)
  await first.ask('www.example.org')
  assert.equal(long.asked.length, 2)
  const none = resolver(() => address(0))
  const second = chainOf(none.askDns)
  await second.ask('www.example.org')
  await second.ask('www.example.org')
  assert.equal(none.asked.length, 2)
})

test('the cache is bounded: the oldest answer goes first', async () => {
  const { asked, askDns } = resolver(() => address(20))
  const { ask } = chainOf(askDns)
  for (const name of ['a.example', 'b.example', 'c.example', 'c.example', 'a.example'])
    await ask(name)
  assert.deepEqual(asked, ['a.example', 'b.example', 'c.example', 'a.example'])
})

test('those who ask the same at once are answered by one question', async () => {
  const { asked, askDns } = resolver(() => address(20))
  const { ask } = chainOf(askDns)
  await Promise.all(Array.from({ length: 5 }, () => ask('www.example.org')))
  assert.equal(asked.length, 1)
})

test('a resolver that fails is a server failure; too many questions are refused', async () => {
  const failing = chainOf(() => Promise.reject(new Error('no answer')))
  assert.equal(codeOf(await failing.ask('www.example.org')), 'SERVFAIL')
  const stuck = chainOf(() => new Promise(() => {}))
  void stuck.ask('a.example')
  void stuck.ask('b.example')
  assert.equal(codeOf(await stuck.ask('c.example')), 'REFUSED')
})

test('an answer to another question is none', async () => {
  const { askDns } = resolver(() => ({ questions: [{ type: 'A', name: 'evil.example' }] }))
  assert.equal(codeOf(await chainOf(askDns).ask('www.example.org')), 'SERVFAIL')
})

test('the zone speaks for itself, and is not asked of others', async () => {
  const { asked, askDns } = resolver(() => address(20))
  const { ask } = chainOf(askDns)
  const data = async (name: string, type: 'A' | 'TXT' | 'NS') =>
    (await ask(name, type)).answers?.map((one) => ('data' in one ? String(one.data) : ''))
  assert.deepEqual(await data('dns-version.cluster.local', 'TXT'), ['1.1.0'])
  assert.deepEqual(await data('cluster.local', 'NS'), ['ns.dns.cluster.local'])
  assert.deepEqual(await data('ns.dns.cluster.local', 'A'), ['10.96.0.10'])
  assert.equal(codeOf(await ask('other.cluster.local')), 'NXDOMAIN')
  assert.equal(codeOf(await ask('a.b.default.svc.cluster.local')), 'NXDOMAIN')
  assert.equal(codeOf(await ask('svc.cluster.local')), 'NOERROR')
  assert.deepEqual(asked, [])
  assert.equal(codeOf(await ask('notcluster.local')), 'NOERROR')
  assert.deepEqual(asked, ['notcluster.local'])
})
