import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode, type Packet, RECURSION_DESIRED } from 'dns-packet'
import fc from 'fast-check'
import { encodeAnswer, encodeQuery, rcode, readQuery } from './messages.ts'
import { encodeName, readName } from './names.ts'
import {
  addressData,
  copyRecord,
  encodeRecord,
  readRecords,
  recordType,
  soaData,
  srvData,
  txtData,
} from './records.ts'

const ttl = 30

function queryOf(packet: Packet) {
  const read = readQuery(encode({ type: 'query', id: 7, flags: RECURSION_DESIRED, ...packet }))
  assert('query' in read)
  return read.query
}

const records = (answers: readonly Uint8Array[]) => ({
  rcode: rcode.noError,
  isAuthoritative: true,
  answers,
  authority: [],
  additional: [],
})

test('names are read back as they were written, in lower case', () => {
  const label = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/)
  fc.assert(
    fc.property(fc.array(label, { maxLength: 8 }), (labels) => {
      const name = labels.join('.')
      assert.deepEqual(readName(encodeName(name), 0), {
        name: name.toLowerCase(),
        end: encodeName(name).length,
      })
    }),
  )
})

test('bytes that are no letters survive in names', () => {
  const encoded = Uint8Array.of(3, 0x61, 0x2e, 0xff, 0)
  assert.deepEqual(readName(encoded, 0), { name: 'a\\046\\255', end: 5 })
  assert.deepEqual(encodeName('a\\046\\255'), encoded)
})

test('names that point forward, in circles or beyond the message are refused', () => {
  const broken = [[0xc0, 0], [0xc0, 9], [1], [5, 97], [64, 97], [1, 97, 0xc0, 0], []]
  assert.deepEqual(
    broken.map((bytes) => readName(Uint8Array.from(bytes), 0)),
    broken.map(() => undefined),
  )
})

test('a label or name that is too long is refused', () => {
  assert.throws(() => encodeName('a'.repeat(64)), RangeError)
  assert.throws(() => encodeName(Array(130).fill('a').join('.')), RangeError)
})

test('no message, however broken, makes reading fail', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void readQuery(bytes)))
})

test('a query is read: name, type and what the asker takes', () => {
  const query = queryOf({ questions: [{ type: 'SRV', name: '_HTTP._tcp.Web.Default' }] })
  assert.deepEqual(
    [query.name, query.type, query.class, query.hasEdns, query.udpLimit],
    ['_http._tcp.web.default', recordType.SRV, 1, false, 512],
  )
  const edns = (udpPayloadSize: number) =>
    queryOf({
      questions: [{ type: 'A', name: 'web' }],
      additionals: [{ type: 'OPT', name: '.', udpPayloadSize, flags: 0, options: [] }],
    } as unknown as Packet)
  assert.deepEqual([edns(800).udpLimit, edns(4096).udpLimit, edns(100).udpLimit], [800, 1232, 512])
})

test('what is no query gets the answer it deserves', () => {
  const answerTo = (packet: Packet) => {
    const read = readQuery(encode(packet))
    assert('refusal' in read)
    return read.refusal && (read.refusal[3] ?? 0) & 15
  }
  assert.equal(answerTo({ type: 'response', id: 1 }), undefined)
  assert.equal(answerTo({ type: 'query', id: 1 }), rcode.formatError)
  assert.equal(answerTo({ type: 'query', id: 1, flags: 2 << 11 }), rcode.notImplemented)
})

test('answers are what another implementation reads', () => {
  const query = queryOf({ questions: [{ type: 'A', name: 'Web.Default' }] })
  const soa = {
    primary: 'ns.dns.cluster.local',
    mailbox: 'hostmaster.cluster.local',
    ...{ serial: 1, refresh: 7200, retry: 1800, expire: 86400, negativeTtl: 30 },
  }
  const message = encodeAnswer(
    query,
    {
      ...records([
        encodeRecord({ type: recordType.A, ttl }, addressData('10.96.0.10')),
        encodeRecord({ type: recordType.TXT, ttl }, txtData('1.1.0')),
        encodeRecord(
          { type: recordType.SRV, ttl },
          srvData({ priority: 0, weight: 50, port: 80, target: 'a.web' }),
        ),
      ]),
      authority: [encodeRecord({ name: 'cluster.local', type: recordType.SOA, ttl }, soaData(soa))],
      additional: [
        encodeRecord({ name: 'a.web', type: recordType.A, ttl }, addressData('1.2.3.4')),
      ],
    },
    512,
  )
  const read = decode(Buffer.from(message))
  assert.deepEqual([read.id, read.flag_aa, read.flag_rd, read.flag_ra], [7, true, true, true])
  const plain = (list: typeof read.answers = []) =>
    list.map((record) => [record.name, record.type, 'data' in record ? record.data : undefined])
  assert.deepEqual(plain(read.answers), [
    ['Web.Default', 'A', '10.96.0.10'],
    ['Web.Default', 'TXT', [Buffer.from('1.1.0')]],
    ['Web.Default', 'SRV', { priority: 0, weight: 50, port: 80, target: 'a.web' }],
  ])
  const { primary: mname, mailbox: rname, negativeTtl: minimum, ...numbers } = soa
  assert.deepEqual(plain(read.authorities), [
    ['cluster.local', 'SOA', { mname, rname, ...numbers, minimum }],
  ])
  assert.deepEqual(plain(read.additionals), [['a.web', 'A', '1.2.3.4']])
})

test('an answer that does not fit is cut between records, and says so', () => {
  const query = queryOf({ questions: [{ type: 'A', name: 'many' }] })
  const many = Array.from({ length: 100 }, (_, index) =>
    encodeRecord({ type: recordType.A, ttl }, addressData(`10.0.0.${index}`)),
  )
  const cut = decode(Buffer.from(encodeAnswer(query, records(many), 512)))
  assert.deepEqual([cut.flag_tc, cut.answers?.length], [true, Math.floor((512 - 22) / 16)])
  const whole = decode(Buffer.from(encodeAnswer(query, records(many), 65_535)))
  assert.deepEqual([whole.flag_tc, whole.answers?.length], [false, 100])
})

test('an answer from elsewhere gets the id and the spelling of the asker', () => {
  const query = queryOf({ questions: [{ type: 'A', name: 'EXAMPLE.org' }] })
  const elsewhere = encode({
    type: 'response',
    id: 999,
    questions: [{ type: 'A', name: 'example.org' }],
    answers: [{ type: 'A', name: 'example.org', data: '192.0.2.1' }],
  })
  const read = decode(Buffer.from(encodeAnswer(query, { message: elsewhere }, 512)))
  assert.deepEqual([read.id, read.questions?.[0]?.name], [7, 'EXAMPLE.org'])
  const cut = decode(Buffer.from(encodeAnswer(query, { message: elsewhere }, 30)))
  assert.deepEqual([cut.flag_tc, cut.answers?.length], [true, 0])
})

test('records are copied out of a message with their names in full', () => {
  const message = encode({
    type: 'response',
    id: 1,
    questions: [{ type: 'A', name: 'www.example.org' }],
    answers: [
      { type: 'CNAME', name: 'www.example.org', data: 'host.example.org', ttl: 60 },
      { type: 'A', name: 'host.example.org', data: '192.0.2.1', ttl: 60 },
    ],
  })
  const query = readQuery(encodeQuery(1, encodeName('www.example.org'), recordType.A))
  assert('query' in query)
  const found = readRecords(message, query.query.questionEnd, 2) ?? []
  const copies = found.flatMap((record) => copyRecord(message, record) ?? [])
  const read = decode(Buffer.from(encodeAnswer(query.query, records(copies), 512)))
  assert.deepEqual(
    read.answers?.map((record) => [record.name, 'data' in record && record.data]),
    [
      ['www.example.org', 'host.example.org'],
      ['host.example.org', '192.0.2.1'],
    ],
  )
})
