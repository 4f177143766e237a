// An EncryptionConfiguration (apiserver.config.k8s.io/v1) read and checked, in upstream's words.
// In: the text of a file. Out: for each entry, resources and providers. Pure.

import { type Draft, isDraft, itemsOf, textsOf } from '../../api/draft.ts'
import { readYaml, YamlSyntaxError } from '../../api/yaml-text.ts'

export type ProviderName = 'identity' | 'aescbc' | 'aesgcm' | 'secretbox'

export interface EncryptionKey {
  readonly name: string
  readonly secret: Uint8Array
}

export interface Provider {
  readonly name: ProviderName
  /** The first one encrypts; none for identity. */
  readonly keys: readonly EncryptionKey[]
}

export interface ResourceRule {
  /** secrets, deployments.apps, *.apps, *. for the core group, *.* for all. */
  readonly resources: readonly string[]
  /** The first one writes, all of them read. */
  readonly providers: readonly Provider[]
}

export class EncryptionConfigError extends Error {}

/** Throws EncryptionConfigError, which names all that is wrong. */
export function parseEncryptionConfig(text: string): readonly ResourceRule[] {
  const rules = itemsOf(documentOf(text), 'resources').map((rule) => (isDraft(rule) ? rule : {}))
  const problems =
    rules.length === 0
      ? ['resources: Required value: at least one resources is required']
      : [...rules.flatMap((rule, at) => ruleProblems(rule, `resources[${at}]`)), ...masked(rules)]
  if (problems.length > 0) throw new EncryptionConfigError(problems.join(', '))
  return rules.map((rule) => ({
    resources: textsOf(rule, 'resources'),
    providers: itemsOf(rule, 'providers').filter(isDraft).flatMap(providerOf),
  }))
}

const versions = ['apiserver.config.k8s.io/v1']

function documentOf(text: string): Draft {
  if (text.trim() === '') throw new EncryptionConfigError('the file is empty')
  try {
    const { value } = readYaml(text)
    const { apiVersion, kind } = isDraft(value) ? value : {}
    if (
      isDraft(value) &&
      kind === 'EncryptionConfiguration' &&
      versions.includes(String(apiVersion))
    )
      return value
    throw new EncryptionConfigError(`got unexpected config type: ${apiVersion}, Kind=${kind}`)
  } catch (error) {
    if (error instanceof YamlSyntaxError) throw new EncryptionConfigError(error.message)
    throw error
  }
}

function ruleProblems(rule: Draft, path: string): readonly string[] {
  const resources = textsOf(rule, 'resources')
  const providers = itemsOf(rule, 'providers')
  const missing = (field: string) =>
    `${path}.${field}: Required value: at least one ${path}.${field} is required`
  return [
    ...(resources.length === 0 ? [missing('resources')] : []),
    ...overlapProblems(resources, `${path}.resources`),
    ...resources.flatMap((name, at) => nameProblems(name, `${path}.resources[${at}]`)),
    ...(providers.length === 0 ? [missing('providers')] : []),
    ...providers.flatMap((one, at) => providerProblems(one, `${path}.providers[${at}]`)),
  ]
}

function invalid(path: string, value: unknown, why: string): string {
  return `${path}: Invalid value: ${JSON.stringify(value)}: ${why}`
}

export interface GroupResource {
  readonly group: string
  readonly resource: string
}

/** deployments.apps -> apps, deployments */
export function groupResourceOf(text: string): GroupResource {
  const at = text.indexOf('.')
  return at < 0
    ? { group: '', resource: text }
    : { group: text.slice(at + 1), resource: text.slice(0, at) }
}

function overlapProblems(resources: readonly string[], path: string): readonly string[] {
  const parsed = resources.map(groupResourceOf)
  const isRepeated = new Set(resources).size < resources.length
  const isOverlapping = parsed.some((one, index) =>
    parsed.some(
      (other, place) =>
        index !== place &&
        resources[index] !== resources[place] &&
        (resources[index] === '*.*' || (one.group === other.group && one.resource === '*')),
    ),
  )
  return [
    ...(isRepeated
      ? [invalid(path, resources, 'the same resource cannot be specified multiple times')]
      : []),
    ...(isOverlapping
      ? [
          invalid(
            path,
            resources,
            "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
          ),
        ]
      : []),
  ]
}

const withoutApi = new Set([
  'apiserveripinfo',
  'serviceipallocations',
  'servicenodeportallocations',
])

function nameProblems(name: string, path: string): readonly string[] {
  const { group, resource } = groupResourceOf(name)
  const why =
    name.toLowerCase() !== name
      ? 'resource name should not contain capital letters'
      : name === '*'
        ? "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"
        : withoutApi.has(name)
          ? 'resources which do not have REST API/s cannot be encrypted'
          : group === 'events.k8s.io'
            ? "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file"
            : group === 'extensions'
              ? "'extensions' group has been removed and cannot be used for encryption"
              : group === '*' && resource !== '*'
                ? 'encrypting the same resource across groups is not supported'
                : undefined
  return why === undefined ? [] : [invalid(path, name, why)]
}

const keyBytes: Readonly<Record<string, readonly number[]>> = {
  aesgcm: [16, 24, 32],
  aescbc: [16, 24, 32],
  secretbox: [32],
}
const known = ['kms', ...Object.keys(keyBytes), 'identity']

function providerProblems(provider: unknown, path: string): readonly string[] {
  const one = isDraft(provider) ? provider : {}
  const [name, ...others] = Object.keys(one).filter((key) => known.includes(key))
  if (name === undefined)
    return [
      invalid(
        path,
        provider,
        'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity',
      ),
    ]
  if (others.length > 0)
    return [
      invalid(
        path,
        Object.keys(one),
        'more than one provider specified in a single element, should split into different list elements',
      ),
    ]
  if (name === 'kms')
    return [`${path}.kms: Forbidden: this API server has no KMS providers, neither v1 nor v2`]
  const lengths = keyBytes[name]
  const settings = one[name]
  return lengths
    ? keysProblems(isDraft(settings) ? settings : {}, `${path}.${name}.keys`, lengths)
    : []
}

function keysProblems(
  settings: Draft,
  path: string,
  lengths: readonly number[],
): readonly string[] {
  const keys = itemsOf(settings, 'keys')
  if (keys.length === 0) return [`${path}: Required value: at least one keys is required`]
  return keys.flatMap((key, at) => keyProblems(isDraft(key) ? key : {}, `${path}[${at}]`, lengths))
}

function keyProblems(key: Draft, path: string, lengths: readonly number[]): readonly string[] {
  const mandatory = (field: string) =>
    `${path}.${field}: Required value: ${field} is a mandatory field for a key`
  const nameProblem = key['name'] ? [] : [mandatory('name')]
  const text = key['secret']
  if (typeof text !== 'string' || text === '') return [...nameProblem, mandatory('secret')]
  const redacted = (why: string) => [...nameProblem, invalid(`${path}.secret`, 'REDACTED', why)]
  const secret = Buffer.from(text, 'base64')
  if (secret.toString('base64') !== text.replaceAll(/\s/g, ''))
    return redacted('secrets must be base64 encoded')
  if (lengths.includes(secret.length)) return nameProblem
  return redacted(
    `secret is not of the expected length, got ${secret.length}, expected one of [${lengths.join(' ')}]`,
  )
}

/** A rule that an earlier one leaves nothing for. */
function masked(rules: readonly Draft[]): readonly string[] {
  const seen = new Set<string>()
  return rules.flatMap((rule) => {
    const problems = textsOf(rule, 'resources').flatMap((name) => {
      const wildcards = [`*.${groupResourceOf(name).group}`, '*.*']
      const earlier = wildcards.find((wildcard) => wildcard !== name && seen.has(wildcard))
      return earlier
        ? [`resource ${JSON.stringify(name)} is masked by earlier rule ${JSON.stringify(earlier)}`]
        : []
    })
    for (const name of textsOf(rule, 'resources')) seen.add(name)
    return problems
  })
}

function providerOf(provider: Draft): readonly Provider[] {
  if ('identity' in provider) return [{ name: 'identity', keys: [] }]
  return (['aescbc', 'aesgcm', 'secretbox'] as const).flatMap((name) => {
    const settings = provider[name]
    if (!isDraft(settings)) return []
    const keys = itemsOf(settings, 'keys')
      .filter(isDraft)
      .map(({ name: keyName, secret }) => ({
        name: String(keyName),
        secret: Buffer.from(String(secret), 'base64'),
      }))
    return [{ name, keys }]
  })
}
