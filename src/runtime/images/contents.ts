// What an image archive says it holds: images with their names, configs and layers' files.
// In: an open archive. Out: a list, however the archive is organised.

import { type Archive, CorruptArchive } from './archive.ts'
import { record, records, string, strings } from './image-config.ts'
import { choosePlatform, type Platform } from './platform.ts'
import { formatReference, InvalidReference, parseReference } from './reference.ts'

export interface ArchivedImage {
  readonly config: string
  /** Files of the layers, the lowest first. */
  readonly layers: readonly string[]
  /** File of the OCI manifest, where there is one. */
  readonly manifest?: string
  readonly tags: readonly string[]
}

export async function readContents(
  archive: Archive,
  options: { readonly platform: Platform; readonly fileName: string },
): Promise<readonly ArchivedImage[]> {
  const docker = archive.has('manifest.json') ? await readDocker(archive) : []
  if (!archive.has('index.json')) {
    if (docker.length > 0) return byConfig(docker)
    throw new CorruptArchive('no image in it: neither index.json nor manifest.json is there')
  }
  const found = await readIndex(archive, 'index.json', { ...options, name: undefined })
  // docker save writes both; the names are in manifest.json then.
  return byConfig(found).map((image) => {
    const other = docker.find(({ config }) => config === image.config)
    return { ...image, tags: [...new Set([...image.tags, ...(other?.tags ?? [])])] }
  })
}

/** An image with several names may be listed once for each. */
function byConfig(images: readonly ArchivedImage[]): readonly ArchivedImage[] {
  const found = new Map<string, ArchivedImage>()
  for (const image of images) {
    const tags = [...new Set([...(found.get(image.config)?.tags ?? []), ...image.tags])]
    found.set(image.config, { ...image, tags })
  }
  return [...found.values()]
}

/** manifest.json: [{Config, RepoTags, Layers}]. */
async function readDocker(archive: Archive): Promise<readonly ArchivedImage[]> {
  return records(await readJson(archive, 'manifest.json')).map((entry) => ({
    config: string(entry['Config']),
    layers: strings(entry['Layers']),
    tags: strings(entry['RepoTags']).flatMap((name) => fullName(name, '')),
  }))
}

interface IndexOptions {
  readonly platform: Platform
  readonly fileName: string
  /** Given to the index by the one above it. */
  readonly name: string | undefined
}

async function readIndex(
  archive: Archive,
  file: string,
  options: IndexOptions,
): Promise<readonly ArchivedImage[]> {
  const entries = records(record(await readJson(archive, file))['manifests'])
  const isTop = file === 'index.json'
  // At the top every entry is an image of its own; below, they are one image for many machines.
  const chosen = isTop ? entries : [choosePlatform(entries, options.platform)].filter(isPresent)
  const found = await Promise.all(
    chosen.map((entry) => {
      const name = nameOf(record(entry['annotations'])) ?? options.name
      return readEntry(archive, blobFile(string(entry['digest'])), { ...options, name })
    }),
  )
  return found.flat()
}

async function readEntry(
  archive: Archive,
  file: string,
  options: IndexOptions,
): Promise<readonly ArchivedImage[]> {
  const manifest = record(await readJson(archive, file))
  if (Array.isArray(manifest['manifests'])) return readIndex(archive, file, options)
  const layers = records(manifest['layers'])
  const config = record(manifest['config'])
  // Attestations and other artifacts are no images.
  const isImage = /image|container/.test(string(config['mediaType']) || 'image')
  if (!isImage || layers.some((layer) => /in-toto/.test(string(layer['mediaType'])))) return []
  return [
    {
      config: blobFile(string(config['digest'])),
      layers: layers.map((layer) => blobFile(string(layer['digest']))),
      manifest: file,
      tags: options.name === undefined ? [] : fullName(options.name, options.fileName),
    },
  ]
}

/** containerd writes the whole name, others only the tag or what the user typed. */
function nameOf(annotations: Readonly<Record<string, unknown>>): string | undefined {
  const name =
    string(annotations['io.containerd.image.name']) ||
    string(annotations['org.opencontainers.image.ref.name'])
  return name === '' ? undefined : name
}

/** A bare tag is a tag of what the file is named after. */
function fullName(name: string, fileName: string): readonly string[] {
  const isBareTag = fileName !== '' && !/[:/@]/.test(name)
  try {
    return [formatReference(parseReference(isBareTag ? `${fileName}:${name}` : name))]
  } catch (error) {
    if (error instanceof InvalidReference) return []
    throw error
  }
}

function blobFile(digest: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new CorruptArchive(`the archive names a blob by "${digest}", which is no sha256 digest`)
  return `blobs/${digest.replace(':', '/')}`
}

async function readJson(archive: Archive, name: string): Promise<unknown> {
  const bytes = await archive.read(name)
  try {
    return JSON.parse(bytes.toString())
  } catch {
    throw new CorruptArchive(`${name} in the archive is not JSON`)
  }
}

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined
}
