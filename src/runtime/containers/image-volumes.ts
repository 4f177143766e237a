// Volumes that are an image's file system: its layers, put together read-only below /run.

import { CriError } from '../../cri/cri.ts'
import { findImage } from '../images/find.ts'
import type { StoredImage } from '../images/store.ts'
import type { ContainerRecord, World } from '../world.ts'

export interface ImageVolume {
  readonly containerPath: string
  readonly image: StoredImage
  readonly target: string
}

export function imageVolumesOf(
  world: World,
  { id, config }: ContainerRecord,
): readonly ImageVolume[] {
  return config.mounts.flatMap(({ image: wanted, containerPath }, index) => {
    if (!wanted) return []
    const image = findImage(world.images, wanted.image)
    if (!image)
      throw new CriError('NotFound', `failed to resolve image "${wanted.image}": not found`)
    const target = `${world.runFolder}/containers/${id}/image-${index}`
    return [{ containerPath, image, target }]
  })
}

export function imageVolumeSources(
  world: World,
  record: ContainerRecord,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    imageVolumesOf(world, record).map(({ containerPath, target }) => [containerPath, target]),
  )
}
