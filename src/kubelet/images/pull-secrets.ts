// Registry credentials out of imagePullSecrets: .dockerconfigjson and the older .dockercfg.
// In: the Secrets and an image. Out: what to log in with, best match first. Pure.
// Matching follows upstream's credentialprovider: host with * in its labels, path by prefix.

import type { Secret } from '../../api/types.gen.ts'
import type { AuthConfig } from '../../cri/cri.ts'

interface Entry {
  readonly username?: string
  readonly password?: string
  /** base64 of username:password. */
  readonly auth?: string
  readonly registrytoken?: string
}

export function credentialsFor(image: string, secrets: readonly Secret[]): readonly AuthConfig[] {
  const target = withRegistry(image)
  return secrets
    .flatMap(entriesOf)
    .filter(([registry]) => matches(registry, target))
    .toSorted(([a], [b]) => b.length - a.length)
    .map(([, entry]) => authOf(entry))
}

function entriesOf({ data = {} }: Secret): readonly (readonly [string, Entry])[] {
  const current = parsed(data['.dockerconfigjson'])
  const auths = current?.['auths'] ?? parsed(data['.dockercfg'])
  return typeof auths === 'object' && auths !== null
    ? Object.entries(auths as Record<string, Entry>)
    : []
}

/** A Secret that is no JSON has no credentials; the registry's refusal will say so. */
function parsed(text: string | undefined): Record<string, unknown> | undefined {
  if (!text) return undefined
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString())
  } catch {
    return undefined
  }
}

function authOf({ username, password, auth, registrytoken }: Entry): AuthConfig {
  if (registrytoken) return { registryToken: registrytoken }
  if (username !== undefined) return { username, password: password ?? '' }
  const [name = '', ...secret] = Buffer.from(auth ?? '', 'base64')
    .toString()
    .split(':')
  return { username: name, password: secret.join(':') }
}

/** host/path of an image, Docker Hub's conventions filled in. */
export function withRegistry(image: string): string {
  const [first = '', ...rest] = image.replace(/@.*$/, '').split('/')
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const path = isHost ? [first, ...rest].join('/') : `docker.io/${image}`
  return path.replace(/:[^/:]*$/, '')
}

function matches(registry: string, target: string): boolean {
  const [host = '', ...path] = registry
    .replace(/^https?:\/\//, '')
    .replace(/\/(v1|v2)?\/?$/, '')
    .split('/')
  const [targetHost = '', ...targetPath] = target.split('/')
  if (!hostMatches(hubName(host), hubName(targetHost))) return false
  return targetPath.join('/').startsWith(path.join('/'))
}

function hubName(host: string): string {
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host
}

function hostMatches(pattern: string, host: string): boolean {
  const labels = pattern.split('.')
  const given = host.split('.')
  return (
    labels.length === given.length &&
    labels.every((label, at) => {
      const escaped = label.replace(/[^*]/g, (letter) =>
        letter.replace(/[.+?^${}()|[\]\\]/g, '\\$&'),
      )
      return new RegExp(`^${escaped.replaceAll('*', '.*')}$`).test(given[at] ?? '')
    })
  )
}
