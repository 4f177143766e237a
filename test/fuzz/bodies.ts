// Bodies: an object as JSON, YAML or protobuf, or damaged on its way; patches of every type.

import { stringify } from 'yaml'
import { kubernetesProtobuf } from '../../src/apiserver/protobuf.ts'
import type { Dice } from './dice.ts'
import { hostileBodies, hostileTexts } from './hostile.ts'
import { hostileValue } from './mutate.ts'

export interface Body {
  readonly contentType: string
  readonly bytes: string | Uint8Array
}

export type Tree = Record<string, unknown>

const json = 'application/json'
const yaml = 'application/yaml'
const protobuf = 'application/vnd.kubernetes.protobuf'
const strangeTypes = ['', 'text/html', '*/*', 'application/json; charset=utf-16', ';;', 'x']

export function bodyOf(object: Tree, dice: Dice): Body {
  const { contentType, bytes } = rendered(object, dice)
  if (dice.once(60)) return { contentType, bytes: dice.pick(hostileBodies) }
  if (dice.once(100)) return { contentType: dice.pick(strangeTypes), bytes }
  return { contentType, bytes: dice.once(25) ? damaged(bytes, dice) : bytes }
}

function rendered(object: Tree, dice: Dice): Body {
  switch (dice.below(8)) {
    case 0:
      return { contentType: yaml, bytes: asYaml(object) }
    case 1:
    case 2:
      return { contentType: protobuf, bytes: asProtobuf(object) }
    default:
      return { contentType: json, bytes: withRepeatedKey(JSON.stringify(object), dice) }
  }
}

function asYaml(object: Tree): string {
  try {
    return stringify(object)
  } catch {
    return '{}'
  }
}

/** What has no form in protobuf is sent in an envelope that holds JSON. */
function asProtobuf(object: Tree): Uint8Array {
  try {
    return kubernetesProtobuf.write(object)
  } catch {
    return Buffer.concat([Buffer.from('k8s\0'), Buffer.from(JSON.stringify(object))])
  }
}

function withRepeatedKey(text: string, dice: Dice): string {
  if (!dice.once(20)) return text
  return text.replace('{', `{"metadata":${dice.pick(['{}', 'null', '[]', '{"name":"z"}'])},`)
}

function damaged(bytes: string | Uint8Array, dice: Dice): Uint8Array {
  const changed = Buffer.from(bytes)
  if (dice.once(3)) return changed.subarray(0, dice.below(changed.length + 1))
  for (let i = 1 + dice.below(4); i > 0 && changed.length > 0; i--) {
    changed[dice.below(changed.length)] = dice.below(256)
  }
  return changed
}

const directives = [
  { $patch: 'delete' },
  { $patch: 'replace' },
  { $patch: 'merge' },
  { $patch: 7 },
  { $retainKeys: ['a', 'name'] },
  { '$setElementOrder/containers': [{ name: 'c' }, { name: 'd' }] },
  { '$setElementOrder/ports': ['x', null] },
  { '$deleteFromPrimitiveList/finalizers': ['a', {}] },
  { '$setElementOrder/': [] },
]

/** `object` is what is there, or nearly; the patch changes some of it. */
export function patchOf(object: Tree, changed: Tree, dice: Dice): Body {
  switch (dice.below(5)) {
    case 0:
      return { contentType: 'application/json-patch+json', bytes: jsonPatch(object, dice) }
    case 1: {
      const type = dice.pick(['application/apply-patch+yaml', 'application/apply-patch+yaml', yaml])
      return { contentType: type, bytes: dice.once(2) ? asYaml(changed) : JSON.stringify(changed) }
    }
    case 2:
      return { contentType: 'application/merge-patch+json', bytes: someOf(changed, dice) }
    case 3:
      return {
        contentType: 'application/strategic-merge-patch+json',
        bytes: strategic(changed, dice),
      }
    default:
      return {
        contentType: dice.pick(['application/merge-patch+json', 'application/json-patch+json']),
        bytes: dice.pick(hostileBodies),
      }
  }
}

function someOf(changed: Tree, dice: Dice): string {
  const entries = Object.entries(changed).map(([name, value]) =>
    dice.once(6) ? [name, null] : [name, value],
  )
  return JSON.stringify(Object.fromEntries(entries.filter(() => !dice.once(3))))
}

function strategic(changed: Tree, dice: Dice): string {
  const patch = JSON.parse(someOf(changed, dice))
  const inner = Object.values(patch).filter((value) => typeof value === 'object' && value !== null)
  const at = inner.length > 0 && dice.once(2) ? dice.pick(inner) : patch
  Object.assign(at, structuredClone(dice.pick(directives)))
  return JSON.stringify(patch)
}

const operations = ['add', 'remove', 'replace', 'move', 'copy', 'test', 'x', '']

function jsonPatch(object: Tree, dice: Dice): string {
  const steps = Array.from({ length: 1 + dice.below(3) }, () => ({
    op: dice.pick(operations),
    path: pointerInto(object, dice),
    ...(dice.once(2) && { from: pointerInto(object, dice) }),
    ...(!dice.once(4) && { value: hostileValue(dice) }),
  }))
  return JSON.stringify(steps)
}

function pointerInto(object: unknown, dice: Dice): string {
  let pointer = ''
  let at = object
  while (typeof at === 'object' && at !== null && Object.keys(at).length > 0 && !dice.once(5)) {
    const [name, value] = dice.pick(Object.entries(at))
    pointer += `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    at = value
  }
  if (dice.once(6)) return `${pointer}/${dice.pick(hostileTexts)}`
  return dice.once(8) ? `${pointer}/${dice.pick(['-', '0', '1', '-1', '99', '01'])}` : pointer
}
