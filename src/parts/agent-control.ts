// What the command line may ask of the agent: images, ports, nodes.

import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Control } from '../cluster/control-protocol.ts'
import type { PartContext } from '../cluster/run-part.ts'
import type { ClusterDrivers } from './agent-drivers.ts'
import type { RunningNodes } from './agent-nodes.ts'

export interface ControlOptions extends ClusterDrivers {
  readonly nodes: RunningNodes
}

export function createControl(context: PartContext, options: ControlOptions): Control {
  const { runtime, nodes } = options
  const { images } = runtime
  const folder = join(context.folder.images, 'incoming')
  let received = 0
  return {
    async loadImages(archive, onProgress) {
      await mkdir(folder, { recursive: true })
      const path = join(folder, `${process.pid}-${(received += 1)}.tar`)
      try {
        await pipeline(archive, createWriteStream(path))
        onProgress('unpacking')
        const loaded = await images.load(path)
        return [
          ...new Set(loaded.flatMap(({ id, repoTags }) => (repoTags.length > 0 ? repoTags : [id]))),
        ]
      } finally {
        await rm(path, { force: true })
      }
    },
    pullImage: (image) => images.pullImage({ image }),
    listImages: async () =>
      (await images.listImages()).map(({ id, repoTags, repoDigests, sizeBytes }) => ({
        ...{ id, tags: repoTags, digests: repoDigests, sizeBytes },
      })),
    removeImage: (image) => images.removeImage({ image }),
    listPorts: async () => [],
    addPort: async () => {
      throw new Error('ports cannot be opened yet')
    },
    removePort: async () => {},
    stopNode: (name) => nodes.stop(name),
    startNode: (name) => nodes.start(name),
  }
}
