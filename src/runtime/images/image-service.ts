// CRI's ImageService over the store, plus what CRI lacks: loading files and tagging.

import { lstat, readdir } from 'node:fs/promises'
import { type AuthConfig, CriError, type Image, type ImageService } from '../../cri/cri.ts'
import { findImage } from './find.ts'
import { loadImages, type UnpackOptions } from './load.ts'
import { formatReference, InvalidReference, parseReference } from './reference.ts'
import type { ImageStore, StoredImage } from './store.ts'

export interface EmbeddedImageService extends ImageService {
  /** All images of a docker-archive, an OCI archive or a layout folder, which any may be compressed. */
  load(path: string): Promise<readonly Image[]>
}

export interface ImageServiceOptions {
  readonly store: ImageStore
  readonly unpack: UnpackOptions
  readonly pull: (name: string, auth: AuthConfig | undefined) => Promise<StoredImage>
  /** Ids of images that containers are made from: their layers stay. */
  readonly inUse: () => readonly string[]
}

export function createImageService(options: ImageServiceOptions): EmbeddedImageService {
  const { store, unpack, pull } = options
  return {
    listImages: () => Promise.all(store.list().map((image) => shown(store, image))),
    async imageStatus({ image }) {
      const found = findImage(store, image)
      return found && shown(store, found)
    },
    async pullImage({ image }, auth) {
      const pulled = await pull(image, auth)
      const repository = nameOf(image).replace(/[@:][^/]*$/, '')
      return pulled.digests.find((name) => name.startsWith(`${repository}@`)) ?? pulled.id
    },
    removeImage: ({ image }) => remove(options, image),
    imageFsInfo: () => fsInfo(store.folder),
    async load(path) {
      const images = await loadImages(store, path, unpack)
      return Promise.all(images.map((image) => shown(store, image)))
    },
  }
}

function nameOf(text: string): string {
  try {
    return formatReference(parseReference(text))
  } catch (error) {
    if (error instanceof InvalidReference) throw new CriError('InvalidArgument', error.message)
    throw error
  }
}

async function shown(store: ImageStore, image: StoredImage): Promise<Image> {
  const { id, tags, digests, sizeBytes } = image
  const [user = ''] = (await store.config(id)).user.split(':')
  return {
    id,
    repoTags: tags,
    repoDigests: digests,
    sizeBytes,
    ...(/^\d+$/.test(user) && { uid: Number(user) }),
    ...(user !== '' && !/^\d+$/.test(user) && { username: user }),
  }
}

/** By id the whole image goes, by name the name, and the image with its last one. */
async function remove({ store, inUse }: ImageServiceOptions, text: string): Promise<void> {
  const found = findImage(store, text)
  if (!found) return
  const isById = text.replace(/^sha256:/, '') === found.id.replace(/^sha256:/, '')
  const isLast = isById || found.tags.length + found.digests.length <= 1
  if (isLast && inUse().includes(found.id))
    throw new CriError('FailedPrecondition', `image "${text}" is in use by a container`)
  if (isById) await store.removeImage(found.id)
  else await store.removeName(nameOf(text))
  await store.collect()
}

async function fsInfo(path: string) {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  let usedBytes = 0
  for (const entry of entries) {
    const stats = await lstat(`${entry.parentPath}/${entry.name}`).catch(() => undefined)
    usedBytes += (stats?.blocks ?? 0) * 512
  }
  return { path, usedBytes, inodesUsed: entries.length }
}
