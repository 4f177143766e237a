// Prefers nodes that have the images already, less so when few nodes have them.

import { maxScore, type ScorePlugin } from '../plugin.ts'

const megabyte = 1024 * 1024
const leastBytes = 23 * megabyte
const mostBytesEach = 1000 * megabyte

export const imageLocality: ScorePlugin = {
  name: 'ImageLocality',
  weight: 1,
  prepareScore({ pod, snapshot }) {
    const wanted = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(({ image }) =>
      fullName(image ?? ''),
    )
    const holders = new Map<string, number>()
    const images = new Map(
      snapshot.nodes.map(({ name, node }) => {
        const sizes = new Map<string, number>()
        for (const { names = [], sizeBytes = 0 } of node.status?.images ?? []) {
          for (const imageName of names) sizes.set(imageName, sizeBytes)
        }
        for (const image of new Set(wanted)) {
          if (sizes.has(image)) holders.set(image, (holders.get(image) ?? 0) + 1)
        }
        return [name, sizes] as const
      }),
    )
    if (holders.size === 0) return undefined
    const mostBytes = mostBytesEach * wanted.length
    return {
      score({ name }) {
        const bytes = wanted.reduce((sum, image) => {
          const size = images.get(name)?.get(image) ?? 0
          return sum + (size * (holders.get(image) ?? 0)) / snapshot.nodes.length
        }, 0)
        const counted = Math.min(Math.max(bytes, leastBytes), mostBytes)
        return Math.floor((maxScore * (counted - leastBytes)) / (mostBytes - leastBytes))
      },
    }
  },
}

/** Names without a tag or digest mean :latest. */
function fullName(image: string): string {
  const last = image.slice(image.lastIndexOf('/') + 1)
  return last.includes(':') || last.includes('@') ? image : `${image}:latest`
}
