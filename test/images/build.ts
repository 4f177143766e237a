// npm run images: assembles the test images into test/images/out/*.tar from Debian packages, and
// puts the servers that tests need into test/images/out/bin.
// Layers are cached by what they are made of; a second run looks and does nothing.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openDebian, unpack } from './debian.ts'
import { images, type Layer, layers } from './images.ts'
import { describeLayer, type LayerFile, packLayer, writeArchive } from './oci-archive.ts'
import { missingPrograms, takePrograms } from './programs.ts'

const here = import.meta.dirname
const out = join(here, 'out')
const cache = join(here, 'cache')
const bin = join(out, 'bin')
const files = Map.groupBy(images, (image) => image.file)
const fingerprints = new Map([...files].map(([file, parts]) => [file, fingerprint(parts)]))
const stale = [...files].filter(([file]) => !existsSync(stampOf(file)))

if (stale.length > 0) await build()
if (missingPrograms(bin).length > 0) await takePrograms(await openDebian(cache), bin)
for (const file of files.keys()) console.log(join(out, `${file}.tar`))

async function build(): Promise<void> {
  await mkdir(out, { recursive: true })
  await mkdir(join(cache, 'layers'), { recursive: true })
  const debian = await openDebian(cache)
  const made = new Map<string, Promise<LayerFile>>()
  const layerOf = (names: readonly string[]): Promise<LayerFile> => {
    const id = names.join('+')
    const known = made.get(id) ?? makeLayer(names)
    made.set(id, known)
    return known
  }

  async function makeLayer(names: readonly string[]): Promise<LayerFile> {
    const layer = layers[names.at(-1) ?? '']
    if (!layer) throw new Error(`no layer ${names.at(-1)}`)
    const path = join(cache, 'layers', `${fingerprint(names.map((name) => layers[name]))}.tar`)
    if (existsSync(path)) return describeLayer(path)
    const folder = await mkdtemp(join(cache, 'root-'))
    try {
      await fill(folder, layer, names.slice(0, -1))
      const packed = await packLayer(folder, `${path}.tmp`)
      await rename(packed.path, path)
      return { ...packed, path }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async function fill(folder: string, layer: Layer, below: readonly string[]): Promise<void> {
    // Top-level links (bin -> usr/bin) must stand before packages are unpacked over them.
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
      await mkdir(join(folder, 'usr', name), { recursive: true })
      await symlink(`usr/${name}`, join(folder, name))
    }
    const lower = below.flatMap((name) => layers[name]?.packages ?? [])
    const own = layer.packages ?? []
    if (own.length > 0) {
      const present = new Set(lower.length > 0 ? await debian.fetch(lower) : [])
      const all = await debian.fetch([...lower, ...own])
      await unpack(
        all.filter((file) => !present.has(file)),
        folder,
      )
    }
    await addOwn(folder, layer)
    if (below.length > 0) await dropTopLinks(folder)
  }

  for (const [file, parts] of stale) {
    const archive = []
    for (const { names, config, layers: stack } of parts) {
      const own = []
      for (let height = 1; height <= stack.length; height++)
        own.push(await layerOf(stack.slice(0, height)))
      archive.push({ names, config, layers: own })
    }
    await writeArchive(join(out, `${file}.tar`), archive)
    await writeFile(stampOf(file), '')
  }
}

async function addOwn(
  folder: string,
  { files = {}, links = {}, folders = {} }: Layer,
): Promise<void> {
  for (const [path, mode] of Object.entries(folders)) {
    await mkdir(join(folder, path), { recursive: true })
    await chmod(join(folder, path), mode)
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await rm(join(folder, path), { force: true })
    await writeFile(join(folder, path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 })
  }
  for (const [path, target] of Object.entries(links)) {
    if (!path.includes('/')) continue
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await rm(join(folder, path), { force: true, recursive: true })
    await symlink(target, join(folder, path))
  }
}

/** The lowest layer has them; a layer above would only repeat them. */
async function dropTopLinks(folder: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) await rm(join(folder, name))
}

function stampOf(file: string): string {
  return join(out, `.${file}-${fingerprints.get(file)}`)
}

function fingerprint(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([value, layers]))
    .digest('hex')
    .slice(0, 16)
}
