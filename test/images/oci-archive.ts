// Writes OCI image layouts as tar archives: blobs by digest, one index that names the images.

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { link, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { ImageConfig } from './images.ts'

const run = promisify(execFile)

export interface LayerFile {
  readonly path: string
  /** sha256:... of the tar, which is not compressed. */
  readonly digest: string
  readonly size: number
}

export interface ArchiveImage {
  readonly names: readonly string[]
  readonly layers: readonly LayerFile[]
  readonly config: ImageConfig
}

/** The folder as one layer: everything owned by root, times fixed, the same bytes each time. */
export async function packLayer(folder: string, path: string): Promise<LayerFile> {
  await run('tar', [
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--format=posix',
    '--pax-option=delete=atime,delete=ctime',
    '-cf',
    path,
    '-C',
    folder,
    '.',
  ])
  return describeLayer(path)
}

export async function describeLayer(path: string): Promise<LayerFile> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk)
  return { path, digest: `sha256:${hash.digest('hex')}`, size: (await stat(path)).size }
}

export async function writeArchive(path: string, images: readonly ArchiveImage[]): Promise<void> {
  const layout = await mkdtemp(join(dirname(path), '.layout-'))
  try {
    const blobs = join(layout, 'blobs/sha256')
    await mkdir(blobs, { recursive: true })
    const manifests = []
    for (const image of images) {
      for (const layer of image.layers)
        await link(layer.path, blobPath(blobs, layer.digest)).catch(isThere)
      const descriptor = await writeManifest(blobs, image)
      for (const name of image.names) {
        manifests.push({ ...descriptor, annotations: annotationsOf(name) })
      }
    }
    await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
    await writeFile(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }))
    await run('tar', ['-cf', `${path}.tmp`, '-C', layout, 'oci-layout', 'index.json', 'blobs'])
    await rename(`${path}.tmp`, path)
  } finally {
    await rm(layout, { recursive: true, force: true })
  }
}

async function writeManifest(blobs: string, { layers, config }: ArchiveImage) {
  const image = {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  }
  return writeBlob(blobs, 'application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: await writeBlob(blobs, 'application/vnd.oci.image.config.v1+json', image),
    layers: layers.map(({ digest, size }) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      digest,
      size,
    })),
  })
}

async function writeBlob(blobs: string, mediaType: string, content: object) {
  const bytes = Buffer.from(JSON.stringify(content))
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  await writeFile(blobPath(blobs, digest), bytes)
  return { mediaType, digest, size: bytes.length }
}

/** The full name for tools that know it, the tag alone for those that follow the specification. */
function annotationsOf(name: string) {
  const [first = ''] = name.split('/')
  const isHub = (!first.includes('.') && !first.includes(':')) || !name.includes('/')
  const full = isHub ? `docker.io/${name.includes('/') ? name : `library/${name}`}` : name
  return {
    'io.containerd.image.name': full,
    'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
  }
}

const blobPath = (blobs: string, digest: string) => join(blobs, digest.slice('sha256:'.length))

function isThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
