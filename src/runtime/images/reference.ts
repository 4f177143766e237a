// Names of images, with Docker Hub's conventions: nginx is docker.io/library/nginx:latest.

export interface ImageReference {
  /** docker.io, localhost:5000, ... */
  readonly domain: string
  /** library/nginx */
  readonly path: string
  readonly tag?: string
  readonly digest?: string
}

export class InvalidReference extends Error {}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?'
const patterns = {
  path: new RegExp(`^${component}(?:/${component})*$`),
  tag: /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/,
  digest: /^sha256:[0-9a-f]{64}$/,
  domain: new RegExp(`^(?:${label}(?:\\.${label})*|\\[[0-9a-fA-F:]+\\])(?::\\d+)?$`),
}

/** Without a tag and a digest it gets the tag latest. Throws InvalidReference. */
export function parseReference(text: string): ImageReference {
  const invalid = (why: string) =>
    new InvalidReference(`failed to parse image name "${text}": invalid reference format${why}`)
  const [named = '', digest] = text.split('@')
  const { name, tag } = splitTag(named)
  const { domain, path } = splitDomain(name)
  if (path !== path.toLowerCase()) throw invalid(': repository name must be lowercase')
  if (!patterns.path.test(path) || !patterns.domain.test(domain)) throw invalid('')
  if (tag !== undefined && !patterns.tag.test(tag)) throw invalid('')
  if (digest !== undefined && !patterns.digest.test(digest)) throw invalid('')
  if (digest !== undefined) return { domain, path, ...(tag !== undefined && { tag }), digest }
  return { domain, path, tag: tag ?? 'latest' }
}

function splitTag(named: string): { readonly name: string; readonly tag?: string } {
  const colon = named.lastIndexOf(':')
  if (colon < 0 || named.indexOf('/', colon) >= 0) return { name: named }
  return { name: named.slice(0, colon), tag: named.slice(colon + 1) }
}

/** The first part is a host where it looks like one; else the image is on Docker Hub. */
function splitDomain(name: string): { readonly domain: string; readonly path: string } {
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase()
  const domain = isHost ? first : 'docker.io'
  const path = isHost ? name.slice(slash + 1) : name
  if (domain !== 'docker.io' && domain !== 'index.docker.io') return { domain, path }
  return { domain: 'docker.io', path: path.includes('/') ? path : `library/${path}` }
}

export function repository({ domain, path }: ImageReference): string {
  return `${domain}/${path}`
}

/** docker.io/library/nginx:latest; with a digest repository@digest. */
export function formatReference(reference: ImageReference): string {
  const { tag, digest } = reference
  if (digest !== undefined) return `${repository(reference)}@${digest}`
  return `${repository(reference)}:${tag ?? 'latest'}`
}
