// Messages whose JSON form is not that of their fields: Time {seconds=1, nanos=2} is RFC 3339
// text, Quantity {string=1} is text, IntOrString {type=1, intVal=2, strVal=3} is either, and so on.

import type { MessageForm } from '../../lib/message.ts'
import type { WireObject } from './decode.ts'

/** A message as read -> JSON; undefined for what is absent in JSON. */
export function decodeForm(form: MessageForm, message: WireObject): unknown {
  switch (form) {
    case 'time':
      return timeText(message, 20)
    case 'microTime':
      return timeText(message, 27)
    case 'quantity':
      return message['string'] ?? '0'
    case 'intOrString':
      return message['type'] === 1 ? (message['strVal'] ?? '') : (message['intVal'] ?? 0)
    case 'rawJson':
      return jsonOf(message['raw'])
    case 'stringList':
      return message['items'] ?? []
    case 'schemaOrArray':
      return message['schema'] ?? message['jSONSchemas']
    case 'schemaOrBool':
      return message['schema'] ?? message['allows'] ?? false
    case 'schemaOrStringArray':
      return message['schema'] ?? message['property']
    case 'inline':
      return message
  }
}

/** JSON -> a message to write; undefined is the zero value. */
export function encodeForm(form: MessageForm, value: unknown): WireObject {
  switch (form) {
    case 'time':
      return timeMessage(value, 1_000_000_000)
    case 'microTime':
      return timeMessage(value, 1000)
    case 'quantity':
      return { string: value === undefined ? '0' : String(value) }
    case 'intOrString':
      return typeof value === 'string'
        ? { type: 1, intVal: 0, strVal: value }
        : { type: 0, intVal: value ?? 0, strVal: '' }
    case 'rawJson':
      return value === undefined ? {} : { raw: Buffer.from(JSON.stringify(value)) }
    case 'stringList':
      return { items: value ?? [] }
    case 'schemaOrArray':
      return Array.isArray(value) ? { jSONSchemas: value } : { schema: value }
    case 'schemaOrBool':
      return typeof value === 'boolean' ? { allows: value } : { allows: true, schema: value }
    case 'schemaOrStringArray':
      return Array.isArray(value) ? { property: value } : { schema: value }
    case 'inline':
      return (value ?? {}) as WireObject
  }
}

/** An empty message is the zero time, which JSON leaves out; `length` cuts the text after its Z. */
function timeText(message: WireObject, length: number): string | undefined {
  const { seconds, nanos } = message
  if (seconds === undefined) return undefined
  const text = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  if (length === 20) return `${text}Z`
  return `${text}.${String(Math.trunc(Number(nanos ?? 0) / 1000)).padStart(6, '0')}Z`
}

/** Nanoseconds are cut to whole units of `unit`: a Time has none, a MicroTime microseconds. */
function timeMessage(value: unknown, unit: number): WireObject {
  if (typeof value !== 'string' || value === '') return {}
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? ''
  const nanos = Number(fraction.slice(0, 9).padEnd(9, '0'))
  const seconds = Math.floor(Date.parse(value) / 1000)
  return { seconds, nanos: nanos - (nanos % unit) }
}

function jsonOf(raw: unknown): unknown {
  if (typeof raw !== 'string' || raw === '') return undefined
  return JSON.parse(Buffer.from(raw, 'base64').toString())
}
