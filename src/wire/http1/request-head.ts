// Codec of an HTTP/1.1 request's head (RFC 9112):
//   method SP target SP HTTP/1.x CRLF  *( name ":" OWS value OWS CRLF )  CRLF
// Strict where leniency lets two readers of the same bytes see different requests: no bare CR or LF,
// no folded lines, no space before a colon, one Host, one way to say how long the body is.

/** Why the bytes are no request; the connection that sent them is of no more use. */
export class BadHttp extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.name = 'BadHttp'
    this.status = status
  }
}

/** By lower-case name; a field that came more than once has its values in order. */
export type HeaderFields = Readonly<Record<string, string | string[] | undefined>>

export interface RequestHead {
  readonly method: string
  /** Path and query as sent. */
  readonly target: string
  /** Of the version: 1.0 or 1.1. */
  readonly minor: number
  readonly headers: HeaderFields
  /** Bytes that follow, or how their number is told. */
  readonly body: number | 'chunked'
  /** Another request may follow on the connection. */
  readonly keepsAlive: boolean
  /** The client waits for leave to send the body. */
  readonly expectsContinue: boolean
  /** The client asks for another protocol on this connection. */
  readonly isUpgrade: boolean
}

export interface HeadLimits {
  /** Of the whole head. */
  readonly bytes: number
  readonly fields: number
}

/** What a block of fields says; the same for every request that repeats the block. */
interface Fields {
  readonly headers: HeaderFields
  readonly hosts: number
  readonly length: number | undefined
  readonly isChunked: boolean
  readonly connection: string
  readonly expectsContinue: boolean
}

const requestLine = /^([!#$%&'*+\-.^_`|~\w]+) ([^\0-\x20\x7f]+) HTTP\/(\d)\.(\d)$/
const fieldName = /^[!#$%&'*+\-.^_`|~\w]+$/
const notInValue = /[^\t\x20-\x7e\x80-\xff]/

/** Larger blocks are not remembered: idle connections are many. */
const rememberedBytes = 4 * 1024

/** Reads heads one after the other; a block of fields that is sent again is not parsed again. */
export function createHeadReader(limits: HeadLimits) {
  let lastBlock = ''
  let lastFields = parseFields('', limits)
  return {
    /** `text`: latin1, without the empty line that ends it. Throws BadHttp. */
    read(text: string): RequestHead {
      const lineEnd = text.indexOf('\r\n')
      const line = lineEnd < 0 ? text : text.slice(0, lineEnd)
      const block = lineEnd < 0 ? '' : text.slice(lineEnd + 2)
      if (block === lastBlock) return headOf(line, lastFields)
      const fields = parseFields(block, limits)
      if (block.length <= rememberedBytes) {
        lastBlock = block
        lastFields = fields
      }
      return headOf(line, fields)
    },
  }
}

function headOf(line: string, fields: Fields): RequestHead {
  const match = requestLine.exec(line)
  if (!match) throw new BadHttp(400, 'malformed HTTP request')
  const [, method = '', target = '', major, minorText] = match
  const minor = Number(minorText)
  if (major !== '1' || minor > 1) throw new BadHttp(505, 'unsupported protocol version')
  if (minor === 1 && fields.hosts === 0) throw new BadHttp(400, 'missing required Host header')
  if (minor === 0 && fields.isChunked) throw new BadHttp(400, 'unexpected Transfer-Encoding')
  const { headers, connection, isChunked, length } = fields
  return {
    method,
    target: originForm(method, target),
    minor,
    headers,
    body: isChunked ? 'chunked' : (length ?? 0),
    keepsAlive: minor === 1 ? !has(connection, 'close') : has(connection, 'keep-alive'),
    expectsContinue: minor === 1 && fields.expectsContinue,
    isUpgrade: minor === 1 && has(connection, 'upgrade') && headers['upgrade'] !== undefined,
  }
}

function originForm(method: string, target: string): string {
  if (target.startsWith('/') || (target === '*' && method === 'OPTIONS')) return target
  const absolute = /^https?:\/\/[^/?#]+(.*)$/i.exec(target)?.[1]
  if (absolute === undefined) throw new BadHttp(400, 'malformed HTTP request')
  return absolute.startsWith('/') ? absolute : `/${absolute}`
}

function parseFields(block: string, limits: HeadLimits): Fields {
  // Without a prototype: a field may be called __proto__.
  const headers: Record<string, string | string[] | undefined> = Object.create(null)
  let count = 0
  for (let at = 0; at < block.length; ) {
    const next = block.indexOf('\r\n', at)
    const end = next < 0 ? block.length : next
    if (++count > limits.fields) throw tooLarge()
    addField(headers, block.slice(at, end))
    at = end + 2
  }
  return { ...framingOf(headers), headers: Object.freeze(headers) }
}

function addField(headers: Record<string, string | string[] | undefined>, line: string): void {
  const colon = line.indexOf(':')
  const name = line.slice(0, Math.max(colon, 0))
  if (!fieldName.test(name)) throw new BadHttp(400, 'malformed header line')
  const value = trimmed(line, colon + 1)
  if (notInValue.test(value)) throw new BadHttp(400, 'invalid header value')
  const key = name.toLowerCase()
  const present = headers[key]
  if (present === undefined) headers[key] = value
  else headers[key] = typeof present === 'string' ? [present, value] : [...present, value]
}

/** `line` from `start` on, without spaces and tabs around. */
function trimmed(line: string, start: number): string {
  let from = start
  let to = line.length
  while (from < to && isBlank(line.charCodeAt(from))) from++
  while (to > from && isBlank(line.charCodeAt(to - 1))) to--
  return line.slice(from, to)
}

const isBlank = (code: number) => code === 0x20 || code === 0x09

function framingOf(headers: HeaderFields): Omit<Fields, 'headers'> {
  const hosts = valuesOf(headers, 'host')
  if (hosts.length > 1) throw new BadHttp(400, 'too many Host headers')
  if (/[\s/?#@]/.test(hosts[0] ?? '')) throw new BadHttp(400, 'malformed Host header')
  const length = lengthOf(valuesOf(headers, 'content-length'))
  const codings = valuesOf(headers, 'transfer-encoding')
  // The two together are how requests are smuggled past a proxy that believes the other one.
  if (codings.length > 0 && length !== undefined)
    throw new BadHttp(400, 'both Content-Length and Transfer-Encoding')
  if (codings.length > 0 && codings.join().toLowerCase() !== 'chunked')
    throw new BadHttp(501, 'unsupported transfer encoding')
  const expected = valuesOf(headers, 'expect').join().toLowerCase()
  if (expected !== '' && expected !== '100-continue')
    throw new BadHttp(417, 'unsupported expectation')
  return {
    hosts: hosts.length,
    length,
    isChunked: codings.length > 0,
    connection: valuesOf(headers, 'connection').join().toLowerCase(),
    expectsContinue: expected !== '',
  }
}

function lengthOf(values: readonly string[]): number | undefined {
  const [text] = values
  if (text === undefined) return undefined
  // At most 15 digits: every such number is exact.
  if (values.length > 1 || !/^\d{1,15}$/.test(text)) throw new BadHttp(400, 'bad Content-Length')
  return Number(text)
}

function valuesOf(headers: HeaderFields, name: string): readonly string[] {
  const value = headers[name]
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

function has(list: string, option: string): boolean {
  if (list === option) return true
  return list !== '' && list.split(',').some((each) => each.trim() === option)
}

export function tooLarge(): BadHttp {
  return new BadHttp(431, 'Request Header Fields Too Large')
}
