// When to pull an image, from its name alone.

/** Always for :latest, given or implied; IfNotPresent for other tags, digests, broken names. */
export function pullPolicyFor(image: string): 'Always' | 'IfNotPresent' {
  return tagOf(image) === 'latest' ? 'Always' : 'IfNotPresent'
}

const host = String.raw`(?:[A-Za-z0-9.-]+(?::\d+)?\/|\[[0-9a-fA-F:]+\](?::\d+)?\/)?`
const path = `[a-z0-9]+(?:[._/-]+[a-z0-9]+)*`
const tag = String.raw`(?::([\w][\w.-]{0,127}))?`
const digest = `(@[A-Za-z0-9]+(?:[.+_-][A-Za-z0-9]+)*:[0-9a-fA-F]{32,})?`
const imageName = new RegExp(`^${host}${path}${tag}${digest}$`)

function tagOf(image: string): string | undefined {
  const match = imageName.exec(image)
  if (!match) return undefined
  const [, given, pinned] = match
  return given ?? (pinned === undefined ? 'latest' : undefined)
}
