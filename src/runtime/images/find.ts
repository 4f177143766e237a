// Finds a stored image by what people and the kubelet call it: a name, a digest, an id.

import {
  formatReference,
  type ImageReference,
  InvalidReference,
  parseReference,
} from './reference.ts'
import type { ImageStore, StoredImage } from './store.ts'

export function findImage(store: ImageStore, text: string): StoredImage | undefined {
  const id = /^(sha256:)?([0-9a-f]{64})$/.exec(text)?.[2]
  if (id !== undefined) return store.byId(`sha256:${id}`)
  const reference = tryParse(text)
  return reference && store.byName(formatReference(reference))
}

function tryParse(text: string): ImageReference | undefined {
  try {
    return parseReference(text)
  } catch (error) {
    if (error instanceof InvalidReference) return undefined
    throw error
  }
}
