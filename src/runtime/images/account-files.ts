// Reads a file as a container will see it from the layers on disk, without mounting anything.
// Symbolic links are followed inside the image only.

import { lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { posix } from 'node:path'

const mostLinks = 20
const mostBytes = 4 * 1024 * 1024

/** `layers` are folders, uppermost first. Empty where there is no such file. */
export function readFromLayers(layers: readonly string[], path: string): string {
  const found = resolveInLayers(layers, path)
  if (found === undefined) return ''
  const stats = lstatSync(found)
  return stats.isFile() && stats.size <= mostBytes ? readFileSync(found, 'utf8') : ''
}

function resolveInLayers(layers: readonly string[], path: string): string | undefined {
  let parts = path.split('/').filter((part) => part !== '')
  let done = ''
  for (let links = 0; parts.length > 0; ) {
    const [first = '', ...rest] = parts
    const here = posix.join('/', done, first)
    const found = lookUp(layers, here)
    if (found === undefined || lstatSync(found).isCharacterDevice()) return undefined
    if (!lstatSync(found).isSymbolicLink()) {
      done = here
      parts = rest
      continue
    }
    if (++links > mostLinks) return undefined
    const target = posix.resolve('/', done, readlinkSync(found))
    parts = [...target.split('/').filter((part) => part !== ''), ...rest]
    done = ''
  }
  return lookUp(layers, done)
}

/** The uppermost layer that has it decides; a whiteout there is a character device. */
function lookUp(layers: readonly string[], path: string): string | undefined {
  for (const layer of layers) {
    const found = `${layer}${path}`
    try {
      lstatSync(found)
      return found
    } catch {
      // Not in this layer.
    }
  }
  return undefined
}
