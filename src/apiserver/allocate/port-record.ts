// Codec: which ports of a range are taken, as kube-apiserver keeps it: a RangeAllocation whose data
// is one number, big-endian, with bit n set where the range's port n is taken.
//   written: {"kind":"RangeAllocation","apiVersion":"v1","metadata":{...},"range":R,"data":base64}
//   read:    that, or protobuf in its envelope: 2 range  3 data

import { isDraft } from '../../api/draft.ts'
import { openEnvelope } from '../../wire/protobuf/envelope.ts'
import { ProtobufReader } from '../../wire/protobuf/reader.ts'

export interface PortRange {
  readonly from: number
  /** The last port of the range. */
  readonly to: number
}

/** 30000-32767 */
export function rangeText({ from, to }: PortRange): string {
  return `${from}-${to}`
}

export function encodePorts(range: PortRange, taken: ReadonlySet<number>): Uint8Array {
  const bytes = Buffer.alloc(Math.ceil((range.to - range.from + 1) / 8))
  for (const port of taken) {
    const bit = port - range.from
    const at = bytes.length - 1 - (bit >> 3)
    bytes[at] = (bytes[at] ?? 0) | (1 << (bit & 7))
  }
  const start = bytes.findIndex((byte) => byte !== 0)
  const data = start < 0 ? Buffer.alloc(0) : bytes.subarray(start)
  return Buffer.from(
    JSON.stringify({
      kind: 'RangeAllocation',
      apiVersion: 'v1',
      metadata: {},
      range: rangeText(range),
      data: data.toString('base64'),
    }),
  )
}

/** The ports taken by the record's own range, whatever that is; none for bytes that are no record. */
export function decodePorts(value: Uint8Array): Set<number> {
  const { range, data } = value[0] === 0x7b ? fromJson(value) : fromProtobuf(value)
  const from = Number(/^(\d+)-\d+$/.exec(range)?.[1])
  const taken = new Set<number>()
  if (Number.isNaN(from)) return taken
  for (let bit = 0; bit < data.length * 8; bit++) {
    if (((data[data.length - 1 - (bit >> 3)] ?? 0) >> (bit & 7)) & 1) taken.add(from + bit)
  }
  return taken
}

interface Stored {
  readonly range: string
  readonly data: Uint8Array
}

function fromJson(value: Uint8Array): Stored {
  const record: unknown = JSON.parse(Buffer.from(value).toString())
  const { range, data } = isDraft(record) ? record : {}
  return { range: String(range ?? ''), data: Buffer.from(String(data ?? ''), 'base64') }
}

function fromProtobuf(value: Uint8Array): Stored {
  const reader = new ProtobufReader(openEnvelope(value).raw)
  let range = ''
  let data: Uint8Array = new Uint8Array()
  while (!reader.isAtEnd) {
    const { number, type } = reader.tag()
    if (number === 2) range = reader.text()
    else if (number === 3) data = reader.bytes()
    else reader.skip(type)
  }
  return { range, data }
}
