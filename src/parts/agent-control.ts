// What the command line may ask of the agent: images, ports, nodes.

import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Control } from '../cluster/control-protocol.ts'
import type { PartContext } from '../cluster/run-part.ts'
import { writeJson } from '../cluster/state.ts'
import type { PortPublisher } from '../network/publish-ports.ts'
import type { ClusterDrivers } from './agent-drivers.ts'
import type { RunningNodes } from './agent-nodes.ts'

export interface ControlOptions extends ClusterDrivers {
  readonly nodes: RunningNodes
  readonly publisher: PortPublisher
}

export function createControl(context: PartContext, options: ControlOptions): Control {
  const { runtime, nodes, publisher } = options
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
      } catch (error) {
        throw new Error(loadFailure(error, path))
      } finally {
        await rm(path, { force: true })
      }
    },
    pullImage: (image) => images.pullImage({ image }),
    listImages: async () =>
      (await images.listImages()).map(({ id, repoTags, repoDigests, sizeBytes }) => ({
        ...{ id, tags: repoTags, digests: repoDigests, sizeBytes },
      })),
    async removeImage(image) {
      if (!(await images.imageStatus({ image }))) throw new Error(`${image}: no such image`)
      await images.removeImage({ image })
    },
    listPorts: async () => publisher.list(),
    async addPort(port) {
      const opened = await publisher.add(port)
      writeJson(context.folder.ports, publisher.list())
      return opened
    },
    async removePort(listenAddress, hostPort) {
      await publisher.remove(listenAddress, hostPort)
      writeJson(context.folder.ports, publisher.list())
    },
    stopNode: (name) => nodes.stop(name),
    startNode: (name) => nodes.start(name),
  }
}

/** In words about the archive, which the user knows by another name. */
function loadFailure(error: unknown, path: string): string {
  const message = error instanceof Error ? error.message : String(error)
  if (/ENOSPC|no space left/.test(message))
    return 'the disk is full; what was unpacked is removed again'
  return message.replace(`failed to load ${path}: `, '').replaceAll(path, 'the archive')
}
