// Images made on the spot for tests: layers from lists of entries, archives in each layout.

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { blockBytes, encodeHeader, encodePax, padded } from '../../wire/tar/header.ts'

export interface Entry {
  readonly name: string
  readonly type?: '0' | '1' | '2' | '3' | '5'
  readonly content?: string | Uint8Array
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
  readonly linkName?: string
  readonly pax?: Readonly<Record<string, string>>
}

export function tar(entries: readonly Entry[]): Buffer {
  return Buffer.concat([...entries.map(entryBytes), Buffer.alloc(2 * blockBytes)])
}

function entryBytes({ content = '', type = '0', pax, ...header }: Entry): Buffer {
  const body = Buffer.from(content)
  const filled = Buffer.alloc(padded(body.length))
  body.copy(filled)
  return Buffer.concat([
    ...(pax ? [encodePax(pax)] : []),
    encodeHeader({ mode: type === '5' ? 0o755 : 0o644, ...header, type, size: body.length }),
    filled,
  ])
}

export type Compression = 'none' | 'gzip' | 'zstd'

export function compress(bytes: Uint8Array, how: Compression): Uint8Array {
  if (how === 'none') return bytes
  return how === 'gzip' ? gzipSync(bytes, { level: 1 }) : zstdCompressSync(bytes)
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export interface TestImage {
  readonly layers: readonly Uint8Array[]
  readonly config?: Readonly<Record<string, unknown>>
  readonly names: readonly string[]
}

export function configOf({ layers, config }: TestImage): Buffer {
  const rootfs = { type: 'layers', diff_ids: layers.map(sha256) }
  return Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config, rootfs }))
}

/** What `docker save` wrote for most of its life. */
export function dockerArchive(images: readonly TestImage[]): Buffer {
  const files = images.flatMap((image, n) => [
    { name: `${n}.json`, content: configOf(image) },
    ...image.layers.map((content, m) => ({ name: `${n}-${m}/layer.tar`, content })),
  ])
  const manifest = images.map((image, n) => ({
    Config: `${n}.json`,
    RepoTags: image.names,
    Layers: image.layers.map((_, m) => `${n}-${m}/layer.tar`),
  }))
  return tar([...files, { name: 'manifest.json', content: JSON.stringify(manifest) }])
}

export interface OciOptions {
  readonly compression?: Compression
  readonly annotation?: string
}

/** Files of an OCI layout, as a folder or in a tar. */
export function ociFiles(
  images: readonly TestImage[],
  { compression = 'gzip', annotation = 'org.opencontainers.image.ref.name' }: OciOptions = {},
): readonly { readonly name: string; readonly content: Uint8Array }[] {
  const files = new Map<string, Uint8Array>()
  const blob = (bytes: Uint8Array, mediaType: string) => {
    const digest = sha256(bytes)
    files.set(`blobs/${digest.replace(':', '/')}`, bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const manifests = images.flatMap((image) => {
    const suffix = compression === 'none' ? '' : `+${compression}`
    const layers = image.layers.map((layer) =>
      blob(compress(layer, compression), `application/vnd.oci.image.layer.v1.tar${suffix}`),
    )
    const config = blob(configOf(image), 'application/vnd.oci.image.config.v1+json')
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    const manifest = { schemaVersion: 2, mediaType, config, layers }
    const described = blob(Buffer.from(JSON.stringify(manifest)), mediaType)
    return image.names.map((name) => ({ ...described, annotations: { [annotation]: name } }))
  })
  const json = (value: unknown) => Buffer.from(JSON.stringify(value))
  return [
    { name: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { name: 'index.json', content: json({ schemaVersion: 2, manifests }) },
    ...[...files].map(([name, content]) => ({ name, content })),
  ]
}

export function writeFiles(
  folder: string,
  files: readonly { readonly name: string; readonly content: Uint8Array }[],
): void {
  for (const { name, content } of files) {
    mkdirSync(dirname(`${folder}/${name}`), { recursive: true })
    writeFileSync(`${folder}/${name}`, content)
  }
}

const applets =
  'sh cat ls sleep echo stty tty id ps hostname mount df env true false kill dd wc yes head nc ' +
  'touch mkdir rm chown readlink stat sed seq ping grep tail test cut sync'

/** A root file system of Debian's static busybox, with two users. */
export function busyboxLayer(): Buffer {
  const binary = readFileSync('/usr/bin/busybox')
  return tar([
    { name: 'bin/', type: '5' },
    { name: 'bin/busybox', content: binary, mode: 0o755 },
    ...applets.split(' ').map(
      (name): Entry => ({
        name: `bin/${name}`,
        type: '2',
        linkName: 'busybox',
        mode: 0o777,
      }),
    ),
    { name: 'etc/', type: '5' },
    {
      name: 'etc/passwd',
      content: 'root:x:0:0::/root:/bin/sh\nweb:x:101:102::/home/web:/bin/sh\n',
    },
    { name: 'etc/group', content: 'root:x:0:\nweb:x:102:\nextra:x:200:web\n' },
    { name: 'tmp/', type: '5', mode: 0o1777 },
    { name: 'root/', type: '5', mode: 0o700 },
  ])
}
