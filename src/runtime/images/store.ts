// The images of a cluster on disk: unpacked layers by the digest of their content, configs and
// manifests as blobs, and one file that says which image has which names, written atomically.
//
//   images.json           what there is
//   blobs/sha256/HEX      configs and manifests
//   layers/HEX16          a layer unpacked, its name the head of its digest (mount options are short)
//   tmp/                  what is being made; emptied at start

import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { type ImageConfig, parseImageConfig } from './image-config.ts'

export interface StoredImage {
  /** sha256:... of its config. */
  readonly id: string
  readonly tags: readonly string[]
  /** repository@sha256:... of its manifest. */
  readonly digests: readonly string[]
  /** The lowest first. */
  readonly layers: readonly string[]
  readonly sizeBytes: number
}

export interface NewImage {
  readonly config: Uint8Array
  readonly manifest?: Uint8Array
  readonly tags: readonly string[]
  readonly digests: readonly string[]
  readonly sizeBytes: number
}

export interface ImageStore {
  readonly folder: string
  list(): readonly StoredImage[]
  byId(id: string): StoredImage | undefined
  byName(name: string): StoredImage | undefined
  config(id: string): Promise<ImageConfig>
  hasLayer(diffId: string): boolean
  /** `unpack` fills an empty folder. Of several at once for one layer, one runs. */
  addLayer(diffId: string, unpack: (folder: string) => Promise<unknown>): Promise<void>
  /** Its layers are there. Names move to it from other images. */
  addImage(image: NewImage): Promise<StoredImage>
  /** Takes one name away, and the image with its last name. */
  removeName(name: string): Promise<void>
  removeImage(id: string): Promise<void>
  /** Removes layers and blobs that no image has; while something arrives, after that. */
  collect(): Promise<void>
  /** While `work` runs its layers stay, though no image has them yet. A failure leaves none. */
  arriving<T>(work: () => Promise<T>): Promise<T>
  /** Folder of all layers, and the image's in it, uppermost first. */
  layersOf(image: StoredImage): { readonly folder: string; readonly names: readonly string[] }
  /** Where something large can be put for a moment; the caller removes it. */
  temporary(): string
}

interface Index {
  readonly version: 1
  readonly images: readonly StoredImage[]
}

export function openImageStore(folder: string): ImageStore {
  for (const name of ['blobs/sha256', 'layers']) mkdirSync(`${folder}/${name}`, { recursive: true })
  rmSync(`${folder}/tmp`, { recursive: true, force: true })
  mkdirSync(`${folder}/tmp`, { recursive: true })
  let images: readonly StoredImage[] = readIndex(`${folder}/images.json`).filter(({ layers }) =>
    layers.every(hasLayer),
  )
  const configs = new Map<string, ImageConfig>()
  const adding = new Map<string, Promise<void>>()
  const inLine = createLine()
  let arrivals = 0
  let isCollectionDue = false

  function hasLayer(diffId: string): boolean {
    return existsSync(`${folder}/layers/${layerName(diffId)}`)
  }
  const save = async (next: readonly StoredImage[]) => {
    const index: Index = { version: 1, images: next }
    await writeWhole(`${folder}/images.json`, JSON.stringify(index))
    images = next
  }
  const addBlob = async (bytes: Uint8Array) => {
    const path = blobPath(folder, digestOf(bytes))
    if (!existsSync(path)) await writeWhole(path, bytes)
  }
  const unpackOnce = async (
    diffId: string,
    unpack: (folder: string) => Promise<unknown>,
  ): Promise<void> => {
    const half = `${folder}/tmp/${randomUUID()}`
    try {
      await mkdir(half)
      await unpack(half)
      await rename(half, `${folder}/layers/${layerName(diffId)}`)
    } catch (error) {
      await removeTree(half)
      throw error
    }
  }

  const collectLater = async () => {
    isCollectionDue = arrivals > 0
    if (!isCollectionDue) await inLine(() => collect(folder, images))
  }

  return {
    folder,
    list: () => images,
    byId: (id) => images.find((image) => image.id === id),
    byName: (name) =>
      images.find(({ tags, digests }) => tags.includes(name) || digests.includes(name)),
    async config(id) {
      const known = configs.get(id)
      if (known) return known
      const config = parseImageConfig(await readFile(blobPath(folder, id), 'utf8'))
      configs.set(id, config)
      return config
    },
    hasLayer,
    addLayer(diffId, unpack) {
      if (hasLayer(diffId)) return Promise.resolve()
      const running =
        adding.get(diffId) ?? unpackOnce(diffId, unpack).finally(() => adding.delete(diffId))
      adding.set(diffId, running)
      return running
    },
    addImage: (image) =>
      inLine(async () => {
        const { diffIds } = parseImageConfig(Buffer.from(image.config).toString())
        await Promise.all([addBlob(image.config), image.manifest && addBlob(image.manifest)])
        const id = digestOf(image.config)
        const stored = merged({ ...image, id, layers: diffIds }, images)
        await save([...withoutNames(images, stored), stored])
        return stored
      }),
    removeName: (name) =>
      inLine(() =>
        save(
          images.flatMap((image) => {
            if (!image.tags.includes(name) && !image.digests.includes(name)) return [image]
            const left = withoutName(image, name)
            return left.tags.length + left.digests.length > 0 ? [left] : []
          }),
        ),
      ),
    removeImage: (id) => inLine(() => save(images.filter((image) => image.id !== id))),
    collect: collectLater,
    async arriving(work) {
      arrivals++
      try {
        return await work()
      } catch (error) {
        isCollectionDue = true
        throw error
      } finally {
        arrivals--
        if (isCollectionDue) await collectLater()
      }
    },
    layersOf: ({ layers }) => ({
      folder: `${folder}/layers`,
      names: layers.map(layerName).toReversed(),
    }),
    temporary: () => `${folder}/tmp/${randomUUID()}`,
  }
}

export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function layerName(diffId: string): string {
  return diffId.slice('sha256:'.length, 'sha256:'.length + 16)
}

function blobPath(folder: string, digest: string): string {
  return `${folder}/blobs/${digest.replace(':', '/')}`
}

function merged(
  image: NewImage & Pick<StoredImage, 'id' | 'layers'>,
  images: readonly StoredImage[],
) {
  const before = images.find(({ id }) => id === image.id)
  const unique = (names: readonly string[]) => [...new Set(names)]
  const { id, layers, sizeBytes } = image
  const tags = unique([...(before?.tags ?? []), ...image.tags])
  const digests = unique([...(before?.digests ?? []), ...image.digests])
  return { id, layers, sizeBytes, tags, digests }
}

/** The other images, without the tags that now name this one. */
function withoutNames(images: readonly StoredImage[], { id, tags }: StoredImage): StoredImage[] {
  return images
    .filter((image) => image.id !== id)
    .map((image) => ({ ...image, tags: image.tags.filter((tag) => !tags.includes(tag)) }))
}

/** A tag's digest of the same repository goes with the repository's last tag. */
function withoutName(image: StoredImage, name: string): StoredImage {
  const tags = image.tags.filter((tag) => tag !== name)
  const repositories = new Set(tags.map(repositoryOf))
  const digests = image.digests.filter(
    (digest) =>
      digest !== name &&
      (repositoryOf(digest) !== repositoryOf(name) || repositories.has(repositoryOf(name))),
  )
  return { ...image, tags, digests }
}

function repositoryOf(name: string): string {
  return name.replace(/@.*$/, '').replace(/:[^/]*$/, '')
}

function readIndex(path: string): readonly StoredImage[] {
  if (!existsSync(path)) return []
  const index: Index = JSON.parse(readFileSync(path, 'utf8'))
  return index.images
}

async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const half = `${path}.${randomUUID()}.new`
  try {
    const file = await open(half, 'w')
    try {
      await writeFile(file, bytes)
      await file.datasync()
    } finally {
      await file.close()
    }
    await rename(half, path)
  } catch (error) {
    await rm(half, { force: true })
    throw error
  }
}

/** One change after another. */
function createLine(): <T>(change: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (change) => {
    const next = last.then(change, change)
    last = next.catch(() => {})
    return next
  }
}

async function collect(folder: string, images: readonly StoredImage[]): Promise<void> {
  const layers = new Set(images.flatMap((image) => image.layers).map(layerName))
  const blobs = new Set(
    images.flatMap(({ id, digests }) => [id, ...digests.map((name) => name.split('@')[1] ?? '')]),
  )
  for (const name of await readdir(`${folder}/layers`))
    if (!layers.has(name)) await removeTree(`${folder}/layers/${name}`)
  for (const name of await readdir(`${folder}/blobs/sha256`))
    if (!blobs.has(`sha256:${name}`)) await rm(`${folder}/blobs/sha256/${name}`, { force: true })
}

/** Folders that may not be written to stop an ordinary removal inside a user namespace. */
async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
}
