// Which images go when the disk is full: those no container uses, longest unused first. Pure plan
// and its loop. As in kind it begins when the disk is full, for it is the user's disk and images
// loaded from files would be missed; it stops at 80 %.

import { statfs } from 'node:fs/promises'
import type { Image, ImageService, RuntimeService } from '../../cri/cri.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'

export interface DiskUse {
  readonly usedBytes: number
  readonly capacityBytes: number
}

const highShare = 1
const lowShare = 0.8
const everyMs = 300_000

export interface KnownImage {
  readonly image: Image
  readonly isUsed: boolean
  readonly lastUsedMs: number
}

export function planImageRemoval(disk: DiskUse, images: readonly KnownImage[]): readonly Image[] {
  if (disk.usedBytes < disk.capacityBytes * highShare) return []
  let toFree = disk.usedBytes - disk.capacityBytes * lowShare
  const going: Image[] = []
  const unused = images.filter(({ isUsed }) => !isUsed)
  for (const { image } of unused.toSorted((a, b) => a.lastUsedMs - b.lastUsedMs)) {
    if (toFree <= 0) break
    going.push(image)
    toFree -= image.sizeBytes
  }
  return going
}

export async function runImageGc(
  runtime: RuntimeService,
  images: ImageService,
  {
    clock,
    log,
    signal,
  }: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  const lastUsed = new Map<string, number>()
  while (!signal.aborted) {
    await clock.sleep(everyMs, signal).catch(() => {})
    if (signal.aborted) return
    try {
      await collect({ runtime, images }, lastUsed, clock.now().getTime())
    } catch (error) {
      log.warn('image garbage collection failed', { error })
    }
  }
}

async function collect(
  { runtime, images }: { readonly runtime: RuntimeService; readonly images: ImageService },
  lastUsed: Map<string, number>,
  nowMs: number,
): Promise<void> {
  const used = new Set((await runtime.listContainers()).map(({ imageId }) => imageId))
  const listed = await images.listImages()
  for (const { id } of listed) if (used.has(id) || !lastUsed.has(id)) lastUsed.set(id, nowMs)
  const { path } = await images.imageFsInfo()
  const { blocks, bsize, bavail } = await statfs(path)
  const disk = { usedBytes: (blocks - bavail) * bsize, capacityBytes: blocks * bsize }
  const known = listed.map((image) => ({
    image,
    isUsed: used.has(image.id),
    lastUsedMs: lastUsed.get(image.id) ?? nowMs,
  }))
  for (const { id } of planImageRemoval(disk, known)) await images.removeImage({ image: id })
}
