// When to pull an image, from its name alone.

/** Always for :latest, given or implied; IfNotPresent for other tags, digests, broken names. */
export function pullPolicyFor(image: string): 'Always' | 'IfNotPresent' {
  return tagOf(image) === 'latest' ? 'Always' : 'IfNotPresent'
}

const imageName =
  /^(?:[A-Za-z0-9.-]+(?::\d+)?\/|\[[0-9a-fA-F:]+\](?::\d+)?\/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::([\w][\w.-]{0,127}))?(@[A-Za-z0-9]+(?:[.+_-][A-Za-z0-9]+)*:[0-9a-fA-F]{32,})?$/

function tagOf(image: string): string | undefined {
  const match = imageName.exec(image)
  if (!match) return undefined
  const [, tag, digest] = match
  return tag ?? (digest === undefined ? 'latest' : undefined)
}
