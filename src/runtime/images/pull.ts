// Pulls an image from its registry into the store. In: a name and credentials. Out: the image, or
// an error in containerd's words, which are what people search for.

import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { type AuthConfig, CriError } from '../../cri/cri.ts'
import type { Clock } from '../../lib/clock.ts'
import { type ImageConfig, parseImageConfig, record, records, string } from './image-config.ts'
import { unpackLayer } from './layer.ts'
import type { UnpackOptions } from './load.ts'
import { choosePlatform, type Platform } from './platform.ts'
import {
  formatReference,
  type ImageReference,
  InvalidReference,
  parseReference,
  repository,
} from './reference.ts'
import { type Dial, RequestFailed } from './registry/http.ts'
import {
  AccessDenied,
  NotInRegistry,
  openRepository,
  type Repository,
  UnexpectedStatus,
} from './registry/registry.ts'
import { digestOf, type ImageStore, type StoredImage } from './store.ts'

export interface PullOptions {
  readonly store: ImageStore
  readonly dial: Dial
  readonly clock: Clock
  readonly unpack: UnpackOptions
  readonly platform: Platform
}

interface Descriptor {
  readonly digest: string
  readonly size: number
}

interface Pull extends PullOptions {
  readonly repository: Repository
  readonly reference: ImageReference
  readonly name: string
}

class WrongDigest extends Error {}
class NoPlatform extends Error {}

const tries = 3
const firstWaitMs = 500
const layersAtOnce = 3

export async function pullImage(
  options: PullOptions,
  text: string,
  auth: AuthConfig | undefined,
): Promise<StoredImage> {
  const reference = parse(text)
  const name = formatReference(reference)
  const opened = openRepository({ reference, auth, dial: options.dial })
  const pull: Pull = { ...options, repository: opened, reference, name }
  try {
    const top = await atStage(`failed to resolve reference "${name}"`, () => resolve(pull))
    const known = present(pull, top)
    return known ?? (await options.store.arriving(() => download(pull, top)))
  } catch (error) {
    throw pullError(name, error)
  }
}

function parse(text: string): ImageReference {
  try {
    return parseReference(text)
  } catch (error) {
    if (error instanceof InvalidReference) throw new CriError('InvalidArgument', error.message)
    throw error
  }
}

/** An image of that digest that has the name already needs nothing. */
function present({ store, reference, name }: Pull, digest: string): StoredImage | undefined {
  const image = store.byName(`${repository(reference)}@${digest}`)
  return image?.tags.includes(name) || reference.digest === digest ? image : undefined
}

async function resolve({ repository: from, reference, clock, name }: Pull): Promise<string> {
  if (reference.digest !== undefined) return reference.digest
  const tag = reference.tag ?? 'latest'
  try {
    return await again(
      clock,
      async () => (await from.resolve(tag)) ?? digestOf(await from.manifest(tag)),
    )
  } catch (error) {
    if (error instanceof NotInRegistry) throw new NotInRegistry(`${name}: not found`)
    throw error
  }
}

async function download(pull: Pull, top: string): Promise<StoredImage> {
  const manifest = await chooseManifest(pull, top)
  const { config: wanted, layers } = manifest
  const config = await fetchBlob(pull, wanted)
  const { diffIds } = readConfig(config)
  if (diffIds.length !== layers.length)
    throw new Error('mismatched image rootfs and manifest layers')
  const pairs = layers.map((layer, index) => ({ layer, diffId: diffIds[index] ?? '' }))
  await inParallel(pairs, ({ layer, diffId }) => pullLayer(pull, layer, diffId))
  const { reference, store, name } = pull
  const sizes = layers.map(({ size }) => size)
  return store.addImage({
    config,
    manifest: manifest.bytes,
    tags: reference.digest === undefined ? [name] : [],
    digests: [`${repository(reference)}@${top}`],
    sizeBytes: config.length + sizes.reduce((sum, size) => sum + size, 0),
  })
}

function readConfig(bytes: Buffer): ImageConfig {
  return parseImageConfig(bytes.toString())
}

interface ChosenManifest {
  readonly bytes: Buffer
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
}

/** An index leads to this machine's manifest, at most one level down. */
async function chooseManifest(
  pull: Pull,
  digest: string,
  isBelow = false,
): Promise<ChosenManifest> {
  const { repository: from, clock, platform } = pull
  const bytes = await again(clock, () => from.manifest(digest))
  const actual = digestOf(bytes)
  if (actual !== digest) throw wrongDigest(`manifest-${digest}`, actual, digest)
  const manifest = record(JSON.parse(bytes.toString()))
  if (Array.isArray(manifest['manifests']) && !isBelow) {
    const chosen = choosePlatform(records(manifest['manifests']), platform)
    if (!chosen) throw new NoPlatform('no match for platform in manifest: not found')
    return chooseManifest(pull, string(chosen['digest']), true)
  }
  if (manifest['config'] === undefined)
    throw new Error(
      `unsupported manifest media type ${string(manifest['mediaType']) || 'schema 1'}`,
    )
  const layers = records(manifest['layers']).map(descriptor)
  return { bytes, config: descriptor(record(manifest['config'])), layers }
}

function descriptor(entry: Readonly<Record<string, unknown>>): Descriptor {
  const digest = string(entry['digest'])
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`unsupported digest "${digest}"`)
  return { digest, size: Number(entry['size']) || 0 }
}

const mostConfigBytes = 8 * 1024 * 1024

async function fetchBlob({ repository: from, clock }: Pull, { digest, size }: Descriptor) {
  if (size > mostConfigBytes)
    throw new Error(`the image config has ${size} bytes, which is too much`)
  return again(clock, async () => {
    const chunks: Uint8Array[] = []
    for await (const chunk of verified(await from.blob(digest), 'config', digest))
      chunks.push(chunk)
    return Buffer.concat(chunks)
  })
}

function pullLayer(pull: Pull, { digest }: Descriptor, diffId: string): Promise<void> {
  const { store, repository: from, unpack, clock } = pull
  return store.addLayer(diffId, (folder) =>
    again(clock, async () => {
      // What an earlier try has left.
      for (const name of await readdir(folder))
        await rm(`${folder}/${name}`, { recursive: true, force: true })
      const bytes = verified(await from.blob(digest), 'layer', digest)
      await unpackLayer(bytes, { ...unpack, folder, diffId })
    }),
  )
}

async function* verified(
  chunks: AsyncIterable<Uint8Array>,
  what: string,
  digest: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
  const actual = `sha256:${hash.digest('hex')}`
  if (actual !== digest) throw wrongDigest(`${what}-${digest}`, actual, digest)
}

function wrongDigest(ref: string, actual: string, expected: string): WrongDigest {
  return new WrongDigest(
    `failed commit on ref "${ref}": unexpected commit digest ${actual}, expected ${expected}: failed precondition`,
  )
}

/** What may pass by itself is tried again: broken connections, busy and ailing servers. */
async function again<T>(clock: Clock, attempt: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++)
    try {
      return await attempt()
    } catch (error) {
      if (n >= tries || !isPassing(error)) throw error
      await clock.sleep(firstWaitMs * 2 ** (n - 1))
    }
}

function isPassing(error: unknown): boolean {
  if (error instanceof UnexpectedStatus) return error.status >= 500 || error.status === 429
  if (error instanceof RequestFailed) return !/no such host|connection refused/.test(error.message)
  const { code, message }: NodeJS.ErrnoException = error instanceof Error ? error : new Error()
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || message === 'aborted'
}

async function inParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const left = [...items]
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  // All end before the first failure is told, so that nothing is written after it.
  const results = await Promise.allSettled(Array.from({ length: layersAtOnce }, worker))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

class StageError extends Error {
  readonly code: CriError['code']
  constructor(stage: string, error: Error) {
    super(`${stage}: ${error.message}`)
    this.code = error instanceof NotInRegistry ? 'NotFound' : 'Unknown'
  }
}

async function atStage<T>(stage: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new StageError(stage, error instanceof Error ? error : new Error(String(error)))
  }
}

function pullError(name: string, error: unknown): CriError {
  const { message }: Error = error instanceof Error ? error : new Error(String(error))
  const code = (): CriError['code'] => {
    if (error instanceof StageError) return error.code
    if (error instanceof NotInRegistry || error instanceof NoPlatform) return 'NotFound'
    const { code: system }: NodeJS.ErrnoException = error instanceof Error ? error : new Error()
    return system === 'ENOSPC' ? 'ResourceExhausted' : 'Unknown'
  }
  const text = error instanceof AccessDenied ? `failed to copy: ${message}` : message
  return new CriError(code(), `failed to pull and unpack image "${name}": ${text}`)
}
