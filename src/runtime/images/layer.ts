// Unpacks one layer into a folder that overlayfs can use. In: the layer's bytes, compressed or
// not. Out: the folder, filled by GNU tar; the digest is checked on the way.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { systemEnvironment } from '../../host/system-path.ts'
import { rewriteLayer } from '../../wire/tar/rewrite-layer.ts'

export interface LayerOptions {
  readonly folder: string
  /** Of the uncompressed tar. */
  readonly diffId: string
  readonly isUserNamespace: boolean
  /** False where all files must belong to the one user there is. */
  readonly keepsOwners: boolean
}

export class CorruptLayer extends Error {}

/** Resolves with the size of the uncompressed tar. The folder exists and is empty. */
export async function unpackLayer(
  bytes: AsyncIterable<Uint8Array>,
  options: LayerOptions,
): Promise<number> {
  const { diffId, isUserNamespace } = options
  const hash = createHash('sha256')
  let size = 0
  async function* counted(chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      hash.update(chunk)
      size += chunk.length
      yield chunk
    }
  }
  const opaqueAttribute = `${isUserNamespace ? 'user' : 'trusted'}.overlay.opaque`
  await intoTar(rewriteLayer(counted(await uncompressed(bytes)), { opaqueAttribute }), options)
  const digest = `sha256:${hash.digest('hex')}`
  if (digest !== diffId)
    throw new CorruptLayer(`unexpected layer digest: expected ${diffId}, got ${digest}`)
  return size
}

async function intoTar(entries: AsyncIterable<Uint8Array>, options: LayerOptions): Promise<void> {
  const child = spawn('tar', tarArguments(options), {
    env: systemEnvironment(),
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    if (stderr.length < 4096) stderr += chunk
  })
  const exit = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code))
  })
  const feeding = pipeline(Readable.from(entries), child.stdin).catch((error) => error)
  const [code, feedError] = await Promise.all([exit, feeding])
  // When tar gives up first, what it says is the cause, and the broken pipe only follows.
  if (code !== 0 && /tar: \S/.test(stderr) && isBrokenPipe(feedError)) throw tarError(stderr)
  if (feedError) throw feedError
  if (code !== 0) throw tarError(stderr)
}

function isBrokenPipe(error: NodeJS.ErrnoException | undefined): boolean {
  return (
    error === undefined || error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE'
  )
}

function tarError(stderr: string): Error {
  const line = stderr.split('\n').find((text) => /^tar: (?!Exiting)/.test(text)) ?? 'tar failed'
  const text = line.replace(/^tar: /, '')
  const error: NodeJS.ErrnoException = new Error(`failed to extract layer: ${text}`)
  if (/No space left on device/.test(stderr)) error.code = 'ENOSPC'
  return error
}

function tarArguments({ folder, keepsOwners }: LayerOptions): readonly string[] {
  const attributes = ['security.capability', 'user.[!o]*', '*.overlay.opaque']
  return [
    '--extract',
    '--file=-',
    `--directory=${folder}`,
    '--preserve-permissions',
    '--numeric-owner',
    keepsOwners ? '--same-owner' : '--no-same-owner',
    '--xattrs',
    ...attributes.map((pattern) => `--xattrs-include=${pattern}`),
    '--warning=no-timestamp',
    '--warning=no-unknown-keyword',
  ]
}

/** Layers say how they are compressed by their first bytes; media types are not always right. */
export async function uncompressed(
  bytes: AsyncIterable<Uint8Array>,
): Promise<AsyncIterable<Uint8Array>> {
  const chunks = bytes[Symbol.asyncIterator]()
  let first: Uint8Array = new Uint8Array(0)
  while (first.length < 4) {
    const next = await chunks.next()
    if (next.done) break
    first = first.length === 0 ? next.value : Buffer.concat([first, next.value])
  }
  const all = (async function* () {
    yield first
    yield* { [Symbol.asyncIterator]: () => chunks }
  })()
  const decompress = decompressorFor(first)
  if (!decompress) return all
  const source = Readable.from(all)
  source.on('error', (error) => decompress.destroy(error))
  return source.pipe(decompress)
}

const chunkSize = 256 * 1024

function decompressorFor(first: Uint8Array) {
  if (first[0] === 0x1f && first[1] === 0x8b) return createGunzip({ chunkSize })
  const isZstd = first[0] === 0x28 && first[1] === 0xb5 && first[2] === 0x2f && first[3] === 0xfd
  return isZstd ? createZstdDecompress({ chunkSize }) : undefined
}
