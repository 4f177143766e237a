// Image files as people have them: docker-archive, OCI archive, OCI layout folder.
// In: a path. Out: a list of blobs by name that can be read at any place, without unpacking.

import { type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises'
import { blockBytes, decodeHeader, decodePax, padded } from '../../wire/tar/header.ts'
import { cleanName } from '../../wire/tar/rewrite-layer.ts'

export interface Archive {
  has(name: string): boolean
  /** Small files only. Throws where the file is missing. */
  read(name: string): Promise<Buffer>
  /** Size in the archive; 0 where it is missing. */
  size(name: string): number
  stream(name: string): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

export class CorruptArchive extends Error {}

const mostSmallBytes = 16 * 1024 * 1024

export async function openArchive(path: string): Promise<Archive> {
  const { isDirectory } = await stat(path).then((stats) => ({ isDirectory: stats.isDirectory() }))
  return isDirectory ? openFolder(path) : openTar(path)
}

interface Place {
  readonly offset: number
  readonly size: number
}

async function openTar(path: string): Promise<Archive> {
  const file = await open(path)
  try {
    const places = await findEntries(file)
    const placeOf = (name: string): Place => {
      const place = places.get(name)
      if (!place) throw new CorruptArchive(`the archive names ${name}, but does not hold it`)
      return place
    }
    return {
      has: (name) => places.has(name),
      size: (name) => places.get(name)?.size ?? 0,
      async read(name) {
        const { offset, size } = placeOf(name)
        if (size > mostSmallBytes) throw new CorruptArchive(`${name} is too large for what it is`)
        return readAt(file, offset, size)
      },
      stream: (name) => readRange(file, placeOf(name)),
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

async function findEntries(file: FileHandle): Promise<ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>()
  const links: (readonly [string, string])[] = []
  const { size: total } = await file.stat()
  let longName: string | undefined
  let longSize: number | undefined
  let at = 0
  while (at + blockBytes <= total) {
    const header = readHeader(await readAt(file, at, blockBytes))
    if (!header) break
    const body = at + blockBytes
    if (header.type === 'x' || header.type === 'L') {
      const bytes = await readAt(file, body, header.size)
      const records = header.type === 'x' ? decodePax(bytes) : { path: text(bytes) }
      longName = records['path'] ?? longName
      longSize = records['size'] === undefined ? longSize : Number(records['size'])
    } else {
      const name = cleanName(longName ?? header.name)
      const size = longSize ?? header.size
      if (body + size > total) throw new CorruptArchive('the archive ends early: it is incomplete')
      if ('07'.includes(header.type)) places.set(name, { offset: body, size })
      // Old docker archives hold a layer once and link to it.
      if ('12'.includes(header.type)) links.push([name, header.linkName])
      longName = undefined
      longSize = undefined
    }
    at = body + padded(header.size)
  }
  for (const [name, target] of links) {
    const place = places.get(resolveLink(name, target)) ?? places.get(cleanName(target))
    if (place) places.set(name, place)
  }
  return places
}

function readHeader(block: Buffer) {
  try {
    return decodeHeader(block)
  } catch {
    throw new CorruptArchive('this is neither a tar file nor a folder with an image')
  }
}

function resolveLink(name: string, target: string): string {
  const parts = [...name.split('/').slice(0, -1), ...target.split('/')]
  const folder: string[] = []
  for (const part of parts)
    if (part === '..') folder.pop()
    else if (part !== '.' && part !== '') folder.push(part)
  return folder.join('/')
}

async function readAt(file: FileHandle, offset: number, size: number): Promise<Buffer> {
  const buffer = Buffer.alloc(size)
  const { bytesRead } = await file.read(buffer, 0, size, offset)
  if (bytesRead < size) throw new CorruptArchive('the archive ends early: it is incomplete')
  return buffer
}

const chunkBytes = 512 * 1024

async function* readRange(file: FileHandle, { offset, size }: Place): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < size; ) {
    const chunk = await readAt(file, offset + done, Math.min(chunkBytes, size - done))
    done += chunk.length
    yield chunk
  }
}

async function openFolder(path: string): Promise<Archive> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const sizes = new Map<string, number>()
  for (const entry of entries) {
    const file = `${entry.parentPath}/${entry.name}`
    const stats = await stat(file)
    if (stats.isFile()) sizes.set(file.slice(path.length).replace(/^\/+/, ''), stats.size)
  }
  return {
    has: (name) => sizes.has(name),
    size: (name) => sizes.get(name) ?? 0,
    read: (name) => readFile(`${path}/${name}`),
    async *stream(name) {
      const file = await open(`${path}/${name}`)
      try {
        yield* readRange(file, { offset: 0, size: sizes.get(name) ?? 0 })
      } finally {
        await file.close()
      }
    },
    close: async () => {},
  }
}

function text(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.subarray(0, end < 0 ? undefined : end).toString()
}
