// Codec: an image layer's tar as overlayfs wants it on disk. A whiteout `.wh.NAME` becomes a
// character device 0:0 called NAME, `.wh..wh..opq` an attribute of its folder; device files are
// left out, for /dev is made by the runtime. All else passes through byte for byte.

import {
  blockBytes,
  decodeHeader,
  decodePax,
  encodeHeader,
  encodePax,
  padded,
  type TarHeader,
} from './header.ts'

export interface RewriteOptions {
  /** trusted.overlay.opaque, or user.overlay.opaque in a user namespace. */
  readonly opaqueAttribute: string
}

const opaqueMark = '.wh..wh..opq'
const mark = '.wh.'

/** Long names and pax records; nobody needs more. */
const mostPreludeBytes = 1024 * 1024

/** Throws on a tar that ends early or is none. */
export async function* rewriteLayer(
  chunks: AsyncIterable<Uint8Array>,
  options: RewriteOptions,
): AsyncGenerator<Uint8Array> {
  const folders = new Map<string, TarHeader>()
  let pending: Uint8Array = new Uint8Array(0)
  /** Bytes of the current entry's data still to pass or to drop. */
  let dataLeft = 0
  let isDropping = false
  let isOver = false
  let prelude: Prelude = noPrelude

  for await (const chunk of chunks) {
    let bytes = pending.length === 0 ? chunk : concat(pending, chunk)
    pending = new Uint8Array(0)
    while (bytes.length > 0) {
      if (isOver) {
        yield bytes
        break
      }
      if (dataLeft > 0) {
        const data = bytes.subarray(0, dataLeft)
        dataLeft -= data.length
        if (!isDropping) yield data
        bytes = bytes.subarray(data.length)
        continue
      }
      const entry = readEntry(bytes)
      if (entry === 'incomplete') {
        pending = bytes
        break
      }
      if (entry === 'end') {
        isOver = true
        continue
      }
      const { header, length } = entry
      if (isPrelude(header)) {
        prelude = addPrelude(prelude, header, bytes.subarray(0, length))
        bytes = bytes.subarray(length)
        continue
      }
      const name = cleanName(prelude.name ?? header.name)
      const size = prelude.size ?? header.size
      const replacement = replace(name, header, folders, options)
      isDropping = replacement !== undefined
      if (header.type === '5') folders.set(name, header)
      if (replacement === undefined) yield concat(...prelude.bytes, bytes.subarray(0, blockBytes))
      else if (replacement.length > 0) yield replacement
      dataLeft = hasData(header) ? padded(size) : 0
      prelude = noPrelude
      bytes = bytes.subarray(blockBytes)
    }
  }
  if (dataLeft > 0 || pending.length > 0 || !isOver)
    throw new Error('unexpected end of the tar file')
}

interface Prelude {
  readonly bytes: readonly Uint8Array[]
  readonly name?: string
  readonly size?: number
}

const noPrelude: Prelude = { bytes: [] }

function isPrelude({ type }: TarHeader): boolean {
  return type === 'x' || type === 'g' || type === 'L' || type === 'K'
}

/** The length covers what is needed at once: a header, or a prelude with its body. */
function readEntry(
  bytes: Uint8Array,
): 'incomplete' | 'end' | { readonly header: TarHeader; readonly length: number } {
  if (bytes.length < blockBytes) return 'incomplete'
  const header = decodeHeader(bytes.subarray(0, blockBytes))
  if (!header) return 'end'
  if (!isPrelude(header)) return { header, length: blockBytes }
  if (header.size > mostPreludeBytes) throw new Error('a tar entry has too long a name')
  const length = blockBytes + padded(header.size)
  return bytes.length < length ? 'incomplete' : { header, length }
}

function addPrelude(prelude: Prelude, header: TarHeader, raw: Uint8Array): Prelude {
  const body = raw.subarray(blockBytes, blockBytes + header.size)
  const bytes = [...prelude.bytes, raw.slice()]
  if (header.type === 'L') return { ...prelude, bytes, name: untilZero(body) }
  if (header.type !== 'x') return { ...prelude, bytes }
  const { path, size } = decodePax(body)
  return {
    ...prelude,
    bytes,
    ...(path !== undefined && { name: path }),
    ...(size !== undefined && { size: Number(size) }),
  }
}

/** Undefined: the entry stays. Otherwise what stands in its place, which may be nothing. */
function replace(
  name: string,
  header: TarHeader,
  folders: ReadonlyMap<string, TarHeader>,
  { opaqueAttribute }: RewriteOptions,
): Uint8Array | undefined {
  const slash = name.lastIndexOf('/')
  const folder = name.slice(0, Math.max(slash, 0))
  const last = name.slice(slash + 1)
  if (last === opaqueMark) {
    const known = folders.get(folder)
    const attribute = { [`SCHILY.xattr.${opaqueAttribute}`]: 'y' }
    return entry({ ...(known ?? { mode: 0o755 }), type: '5', size: 0 }, folder || '.', attribute)
  }
  if (last.startsWith(`${mark}${mark}`)) return new Uint8Array(0)
  if (last.startsWith(mark)) {
    const hidden = `${folder === '' ? '' : `${folder}/`}${last.slice(mark.length)}`
    return entry({ mode: 0, type: '3' }, hidden, {})
  }
  return header.type === '3' || header.type === '4' ? new Uint8Array(0) : undefined
}

function entry(
  header: Partial<TarHeader> & Pick<TarHeader, 'type'>,
  name: string,
  attributes: Readonly<Record<string, string>>,
): Uint8Array {
  const block = encodeHeader({ linkName: '', ...header, name: name.slice(0, 100) })
  return concat(encodePax({ path: name, ...attributes }), block)
}

/** Links and folders may state a size, but only files have data. */
function hasData({ type }: TarHeader): boolean {
  return !'123456'.includes(type)
}

export function cleanName(name: string): string {
  return name.replace(/^(\.?\/)+/, '').replace(/\/+$/, '')
}

function untilZero(body: Uint8Array): string {
  const end = body.indexOf(0)
  return new TextDecoder().decode(end < 0 ? body : body.subarray(0, end))
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1 && parts[0]) return parts[0]
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
