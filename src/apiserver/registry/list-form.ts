// A list in a form that is not the stored bytes: each item is decoded, encoded and let go before
// the next, and every few items others get their turn. Out: pieces of the answer, in order.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { openEnvelope, sealPieces } from '../../wire/protobuf/envelope.ts'
import { wireType } from '../../wire/protobuf/reader.ts'
import { ProtobufWriter } from '../../wire/protobuf/writer.ts'
import type { ListMetadata, ObjectForm } from './object-form.ts'
import type { Revised } from './stored-bytes.ts'

/** Items of one turn: some milliseconds. */
const itemsPerTurn = 50
/** Pieces are about as long as this. */
const pieceLength = 64 * 1024

export async function encodeEntries(
  form: ObjectForm,
  metadata: ListMetadata,
  entries: readonly Revised[],
): Promise<readonly Uint8Array[]> {
  const collected = form.isProtobuf ? messages(form, metadata) : texts(form, metadata)
  for (const [index, entry] of entries.entries()) {
    collected.add(form.encodeItem(form.decode(entry)))
    if (index % itemsPerTurn === itemsPerTurn - 1) await nextTurn()
  }
  return collected.finish()
}

interface Collector {
  add(item: string | Uint8Array): void
  finish(): readonly Uint8Array[]
}

/** The list without items is the frame: its last array is empty, and theirs. */
function texts(form: ObjectForm, metadata: ListMetadata): Collector {
  const shell = String(form.encodeList({ metadata, items: [] }))
  const open = shell.lastIndexOf('[') + 1
  const { isPretty } = form
  const indent = isPretty ? '\n    ' : ''
  const pieces: Uint8Array[] = []
  let text = shell.slice(0, open)
  let isFirst = true
  return {
    add(item) {
      const line = isPretty ? String(item).replaceAll('\n', indent) : String(item)
      text += `${isFirst ? '' : ','}${indent}${line}`
      isFirst = false
      if (text.length < pieceLength) return
      pieces.push(Buffer.from(text))
      text = ''
    },
    finish() {
      const end = isPretty && !isFirst ? '\n  ' : ''
      return [...pieces, Buffer.from(`${text}${end}${shell.slice(open)}\n`)]
    },
  }
}

/** In the message of a list the items come last, as field 2. */
function messages(form: ObjectForm, metadata: ListMetadata): Collector {
  const shell = openEnvelope(Buffer.from(form.encodeList({ metadata, items: [] })))
  const pieces: Uint8Array[] = [shell.raw]
  let writer = new ProtobufWriter()
  const flush = () => {
    pieces.push(writer.finish())
    writer = new ProtobufWriter()
  }
  return {
    add(item) {
      writer.tag(2, wireType.bytes)
      writer.bytes(typeof item === 'string' ? Buffer.from(item) : item)
      if (writer.length >= pieceLength) flush()
    },
    finish() {
      flush()
      return sealPieces({ ...shell, pieces })
    },
  }
}
