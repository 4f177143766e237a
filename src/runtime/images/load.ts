// Loads image files into the store: all of their images, or none of them with the reason.

import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CriError } from '../../cri/cri.ts'
import { type Archive, CorruptArchive, openArchive } from './archive.ts'
import { type ArchivedImage, readContents } from './contents.ts'
import { parseImageConfig } from './image-config.ts'
import { type LayerOptions, uncompressed, unpackLayer } from './layer.ts'
import { ownPlatform } from './platform.ts'
import { parseReference, repository } from './reference.ts'
import { digestOf, type ImageStore, type StoredImage } from './store.ts'

export type UnpackOptions = Pick<LayerOptions, 'isUserNamespace' | 'keepsOwners'>

/** In: a tar (plain, gzip or zstd) or a folder. Rejects with a CriError that names the file. */
export async function loadImages(
  store: ImageStore,
  path: string,
  options: UnpackOptions,
): Promise<readonly StoredImage[]> {
  const plain = await uncompressedFile(store, path).catch((error) => {
    throw loadError(path, error)
  })
  try {
    const archive = await openArchive(plain.path)
    try {
      const fileName = basename(path).replace(/\.(oci|docker)?\.?(tar|tgz)?(\.(gz|zst))?$/, '')
      const images = await readContents(archive, { platform: ownPlatform(), fileName })
      if (images.length === 0) throw new CorruptArchive('no image in it')
      return await store.arriving(() => addAll(store, archive, images, options))
    } finally {
      await archive.close()
    }
  } catch (error) {
    throw loadError(path, error)
  } finally {
    await plain.remove()
  }
}

async function addAll(
  store: ImageStore,
  archive: Archive,
  images: readonly ArchivedImage[],
  options: UnpackOptions,
): Promise<readonly StoredImage[]> {
  const configs = await Promise.all(images.map(({ config }) => archive.read(config)))
  const all = images.map((image, index) => ({ ...image, bytes: configs[index] ?? Buffer.alloc(0) }))
  await Promise.all(all.map((image) => addLayers(store, archive, image, options)))
  const stored: StoredImage[] = []
  for (const image of all) {
    const manifest = image.manifest === undefined ? undefined : await archive.read(image.manifest)
    const sizes = image.layers.map((layer) => archive.size(layer))
    stored.push(
      await store.addImage({
        config: image.bytes,
        ...(manifest && { manifest }),
        tags: image.tags,
        digests: manifest ? digestNames(image.tags, digestOf(manifest)) : [],
        sizeBytes: image.bytes.length + sizes.reduce((sum, size) => sum + size, 0),
      }),
    )
  }
  return stored
}

async function addLayers(
  store: ImageStore,
  archive: Archive,
  image: ArchivedImage & { readonly bytes: Buffer },
  options: UnpackOptions,
): Promise<void> {
  verify(image.config, digestOf(image.bytes))
  const { diffIds } = parseImageConfig(image.bytes.toString())
  if (diffIds.length !== image.layers.length)
    throw new CorruptArchive(
      `${image.config} has ${diffIds.length} layers, the manifest ${image.layers.length}`,
    )
  await Promise.all(
    diffIds.map((diffId, index) =>
      store.addLayer(diffId, (folder) => {
        const file = image.layers[index] ?? ''
        const bytes = verified(archive.stream(file), file)
        return unpackLayer(bytes, { ...options, diffId, folder })
      }),
    ),
  )
}

/** Files named after their digest must have it. */
async function* verified(
  chunks: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<Uint8Array> {
  if (!file.startsWith('blobs/sha256/')) return yield* chunks
  const hash = createHash('sha256')
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
  verify(file, `sha256:${hash.digest('hex')}`)
}

function verify(file: string, digest: string): void {
  if (!file.startsWith('blobs/sha256/')) return
  if (`sha256:${basename(file)}` !== digest)
    throw new CorruptArchive(`${file} has the digest ${digest}: the archive is damaged`)
}

export function digestNames(tags: readonly string[], digest: string): readonly string[] {
  return [...new Set(tags.map((tag) => `${repository(parseReference(tag))}@${digest}`))]
}

/** An archive that is itself compressed is unpacked for a moment: layers are read at random. */
async function uncompressedFile(store: ImageStore, path: string) {
  const isCompressed = await startsCompressed(path)
  if (!isCompressed) return { path, remove: async () => {} }
  const file = await open(path)
  const temporary = store.temporary()
  const remove = () => rm(temporary, { force: true })
  try {
    const bytes = await uncompressed(file.createReadStream({ highWaterMark: 512 * 1024 }))
    await pipeline(Readable.from(bytes), createWriteStream(temporary))
    return { path: temporary, remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function startsCompressed(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    if ((await file.stat()).isDirectory()) return false
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0)
    return buffer.readUInt16BE(0) === 0x1f8b || buffer.readUInt32BE(0) === 0x28b52ffd
  } finally {
    await file.close()
  }
}

function loadError(path: string, error: unknown): CriError {
  const { code, message }: NodeJS.ErrnoException =
    error instanceof Error ? error : new Error(String(error))
  if (code === 'ENOENT') return new CriError('NotFound', `no such file: ${path}`)
  if (code === 'ENOSPC')
    return new CriError('ResourceExhausted', `failed to load ${path}: no space left on device`)
  return new CriError('InvalidArgument', `failed to load ${path}: ${message}`)
}
