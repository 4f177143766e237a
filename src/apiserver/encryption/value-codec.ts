// Values as they are at rest: by the resource that a key is of, encrypted or not. The first provider
// writes; what another one wrote is read and counts as stale, to be written anew.
//   k8s:enc:aesgcm:v1:KEY:sealed

import { kinds } from '../../api/kinds.ts'
import { storagePrefixOf } from '../registry/storage-prefix.ts'
import { type Cipher, ciphers } from './ciphers.ts'
import type { GroupResource, Provider, ResourceRule } from './encryption-config.ts'
import { groupResourceOf } from './encryption-config.ts'

export interface Opened {
  readonly value: Uint8Array
  /** Another provider or key would write it now. */
  readonly isStale: boolean
}

export interface ValueCodec {
  /** False: no value is encrypted, and only those of others are recognized. */
  readonly encrypts: boolean
  seal(key: string, value: Uint8Array): Uint8Array
  /** Throws an error that says why it cannot be read. */
  open(key: string, stored: Uint8Array): Opened
}

export function createValueCodec(rules: readonly ResourceRule[]): ValueCodec {
  const byResource = transformersOf(rules)
  const byPrefix = new Map<string, readonly Transformer[]>()

  /** Of a key's resource; found once for each resource. */
  function transformersFor(key: string): readonly Transformer[] {
    const prefix = prefixOf(key)
    const known = byPrefix.get(prefix)
    if (known) return known
    const resource = resourceOf(prefix)
    const found =
      (resource &&
        [resource, { ...resource, resource: '*' }, { group: '*', resource: '*' }]
          .map((one) => byResource.get(textOf(one)))
          .find(Boolean)) ||
      unencrypted
    byPrefix.set(prefix, found)
    return found
  }

  return {
    encrypts: rules.length > 0,
    seal: (key, value) => transformersFor(key)[0]?.seal(value, key) ?? value,
    open(key, stored) {
      const transformers = rules.length > 0 ? transformersFor(key) : unencrypted
      return openBy(transformers, key, stored)
    },
  }
}

/** One key of one provider. */
interface Transformer {
  readonly prefix: Buffer
  seal(value: Uint8Array, key: string): Uint8Array
  open(sealed: Uint8Array, key: string): Uint8Array
  /** What is said where only the provider's own beginning fits. */
  readonly provider: Buffer
  readonly noKey: string
}

const reserved = Buffer.from('k8s:enc:')
const k = 0x6b

function isEncrypted(stored: Uint8Array): boolean {
  return stored[0] === k && startsWith(stored, reserved)
}

const identity: Transformer = {
  prefix: Buffer.alloc(0),
  provider: Buffer.alloc(0),
  noKey: '',
  seal: (value) => value,
  open(stored) {
    if (isEncrypted(stored)) throw new Error('identity transformer tried to read encrypted data')
    return stored
  },
}

const unencrypted: readonly Transformer[] = [identity]

function openBy(transformers: readonly Transformer[], key: string, stored: Uint8Array): Opened {
  const problems: string[] = []
  for (const [index, transformer] of transformers.entries()) {
    const { prefix, provider, noKey, open } = transformer
    if (!startsWith(stored, prefix)) {
      if (provider.length > 0 && startsWith(stored, provider)) problems.push(noKey)
      continue
    }
    try {
      return { value: open(stored.subarray(prefix.length), key), isStale: index > 0 }
    } catch (error) {
      // An identity among others only says that it is none of its own.
      if (transformer !== identity || transformers.length === 1)
        problems.push(error instanceof Error ? error.message : String(error))
    }
  }
  const distinct = [...new Set(problems)]
  const [only] = distinct
  throw new Error(
    distinct.length > 1 ? `[${distinct.join(', ')}]` : (only ?? 'no matching prefix found'),
  )
}

function startsWith(value: Uint8Array, start: Buffer): boolean {
  return value.length >= start.length && start.equals(value.subarray(0, start.length))
}

/** A resource named in several entries has the providers of all of them. */
function transformersOf(rules: readonly ResourceRule[]): ReadonlyMap<string, Transformer[]> {
  const found = new Map<string, Transformer[]>()
  for (const { resources, providers } of rules) {
    const made = providers.flatMap(transformersOfProvider)
    for (const resource of resources.map(groupResourceOf).map(textOf))
      found.set(resource, [...(found.get(resource) ?? []), ...made])
  }
  return found
}

function transformersOfProvider({ name, keys }: Provider): readonly Transformer[] {
  if (name === 'identity') return [identity]
  const provider = Buffer.from(`k8s:enc:${name}:v1:`)
  const called = name === 'secretbox' ? 'Secretbox' : 'AES'
  const noKey = `no matching key was found for the provided ${called} transformer`
  return keys.map((key) => {
    const prefix = Buffer.concat([provider, Buffer.from(`${key.name}:`)])
    const cipher: Cipher = ciphers[name](key.secret)
    return {
      ...{ prefix, provider, noKey },
      seal: (value, storeKey) => Buffer.concat([prefix, cipher.seal(value, storeKey)]),
      open: cipher.open,
    }
  })
}

function textOf({ group, resource }: GroupResource): string {
  return `${resource}.${group}`
}

const root = '/registry/'

/** Storage prefixes of built-in kinds that are two segments long, and what they hold. */
const builtin = new Map<string, GroupResource>(
  kinds.map((entry) => [
    storagePrefixOf(entry),
    { group: entry.storageGroup ?? entry.group, resource: entry.plural },
  ]),
)

/** /registry/secrets/, /registry/services/specs/, /registry/GROUP/PLURAL/ */
function prefixOf(key: string): string {
  const first = key.indexOf('/', root.length)
  const one = first < 0 ? key : key.slice(0, first + 1)
  if (first < 0 || (builtin.has(one) && !isShared(one))) return one
  const second = key.indexOf('/', first + 1)
  return second < 0 ? one : key.slice(0, second + 1)
}

/** /registry/services/ holds specs and endpoints. */
function isShared(prefix: string): boolean {
  return prefix === `${root}services/`
}

function resourceOf(prefix: string): GroupResource | undefined {
  const known = builtin.get(prefix)
  if (known) return known
  const [group = '', resource = ''] = prefix.slice(root.length).split('/')
  // Groups of custom resources have dots; what else is kept there is no resource.
  return group.includes('.') && resource ? { group, resource } : undefined
}
