// One request by chance: an operation with its path filled in, a query, headers and a body.

import { type Body, bodyOf, patchOf, type Tree } from './bodies.ts'
import type { Dice } from './dice.ts'
import { hostileTexts } from './hostile.ts'
import { minimalObjects } from './minimal-objects.ts'
import { mutate } from './mutate.ts'
import type { Operation } from './operations.ts'
import { resolved, valueFor } from './schema-values.ts'

export interface FuzzRequest {
  readonly method: Operation['method']
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
  readonly operation: Operation
  readonly isWatch: boolean
}

const names = ['a', 'b', 'c']
const namespaces = ['default', 'default', 'other', 'none']
const plainTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const accepts = [
  ...plainTypes,
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
  'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/vnd.kubernetes.protobuf;stream=watch',
  '*/*',
  'text/html',
  'application/json;as=x;v=y;g=z',
  ';;,,q=',
]

export function requestFor(operation: Operation, dice: Dice): FuzzRequest {
  const name = nameFor(operation, dice)
  const namespace = dice.once(30) ? dice.pick(hostileTexts) : dice.pick(namespaces)
  const path = operation.path
    .replace('{namespace}', encoded(namespace))
    .replace('{name}', encoded(name))
    .replace('{path}', 'a/b')
  const query = queryFor(operation, dice)
  const body = bodyFor(operation, { name, namespace, dice })
  return {
    method: operation.method,
    path: query === '' ? path : `${path}?${query}`,
    headers: {
      accept: dice.once(3) ? dice.pick(accepts) : 'application/json',
      ...(body && { 'content-type': body.contentType }),
      ...(dice.once(20) && { 'user-agent': dice.pick(hostileTexts).replaceAll(/[^ -~]/g, '') }),
    },
    body: body?.bytes,
    operation,
    isWatch: /(^|&)watch=(?!(false|0)(&|$))/.test(query) || operation.path.includes('/watch/'),
  }
}

const encoded = (text: string) => encodeURIComponent(text.toWellFormed())

function nameFor(operation: Operation, dice: Dice): string {
  if (dice.once(30)) return dice.pick(hostileTexts)
  const own = ownName(operation)
  return own && !dice.once(5) ? own : dice.pick(names)
}

/** The name that a minimal object has to have. */
function ownName({ group, plural }: Operation): string | undefined {
  const metadata = minimalObjects[`${group}/${plural}`]?.['metadata'] as
    | { name?: string }
    | undefined
  return metadata?.name
}

interface BodyOptions {
  readonly name: string
  readonly namespace: string
  readonly dice: Dice
}

function bodyFor(operation: Operation, { name, namespace, dice }: BodyOptions): Body | undefined {
  const { method, schema, schemas } = operation
  if (method === 'GET' || !schema) return undefined
  if (method === 'DELETE' && dice.once(2)) return undefined
  const object = objectFor(operation, { name, namespace, dice })
  const changed = structuredClone(object)
  const ofKind = method === 'PATCH' ? kindSchema(operation) : schema
  for (let i = dice.below(4); i > 0; i--) mutate(changed, { schema: ofKind, schemas, dice })
  return method === 'PATCH' ? patchOf(object, changed, dice) : bodyOf(changed, dice)
}

/** The schema of a patch says nothing; that of the kind it is for does. */
function kindSchema({ schemas, kind, group, version, schema }: Operation) {
  const found = Object.entries(schemas).find(
    ([name]) =>
      name.endsWith(`.${version}.${kind}`) &&
      (group === '' || name.includes(group.split('.')[0] ?? '')),
  )
  return found?.[1] ?? schema ?? {}
}

function objectFor(operation: Operation, { name, namespace, dice }: BodyOptions): Tree {
  const { group, version, plural, subresource, kind, schema = {}, schemas, method } = operation
  const apiVersion = group === '' ? version : `${group}/${version}`
  const minimal = minimalObjects[`${group}/${plural}`]
  if (
    method === 'DELETE' ||
    (subresource !== '' && !wholeSubresources.has(subresource)) ||
    !minimal
  ) {
    const value = valueFor(resolved(schema, schemas), { schemas, dice, depth: 4 })
    const form =
      method === 'DELETE' ? { kind: 'DeleteOptions', apiVersion: 'v1' } : { kind, apiVersion }
    return { ...form, ...(subresource !== '' && { metadata: { name } }), ...(value as Tree) }
  }
  const scope = operation.path.includes('{namespace}') ? { namespace } : {}
  const metadata = { name, ...scope, ...(minimal['metadata'] as object | undefined) }
  return { apiVersion, kind, ...structuredClone(minimal), metadata }
}

const wholeSubresources = new Set([
  'status',
  'finalize',
  'ephemeralcontainers',
  'resize',
  'approval',
])

function queryFor({ parameters }: Operation, dice: Dice): string {
  const query = new URLSearchParams()
  for (const parameter of parameters) {
    if (!dice.once(6)) continue
    const values = parameterValues[parameter] ?? hostileTexts
    query.append(parameter, dice.once(8) ? dice.pick(hostileTexts) : dice.pick(values))
  }
  if (dice.once(40)) query.append(dice.pick(hostileTexts), dice.pick(hostileTexts))
  const text = query.toString()
  return text.length > 4000 ? '' : text
}

const token = (rv: unknown, start: unknown, v: unknown = 'meta.k8s.io/v1') =>
  Buffer.from(JSON.stringify({ v, rv, start })).toString('base64url')

const parameterValues: Readonly<Record<string, readonly string[]>> = {
  limit: ['1', '2', '500', '0', '-1', '9223372036854775807', '9223372036854775808', '1.5'],
  continue: [
    '',
    'x',
    token(1, 'default/a\0'),
    token(-1, 'default/a\0'),
    token(0, 'a'),
    token(2 ** 60, 'a'),
    token(5, '../../x'),
    token(5, ''),
    token('5', []),
    token(5, 'a', 7),
    'bnVsbA',
    'W10',
  ],
  resourceVersion: ['', '0', '1', '5', '-1', '99999999', '18446744073709551616', '1e3', '0x10'],
  resourceVersionMatch: ['', 'Exact', 'NotOlderThan', 'x'],
  labelSelector: [
    'app=a',
    'app!=a,!b',
    'app in (a,b)',
    'app notin ()',
    'app in (',
    'a>1',
    'a<x',
    ',,',
    '=',
    '()',
    `a in (${'b,'.repeat(3000)}b)`,
  ],
  fieldSelector: [
    'metadata.name=a',
    'metadata.namespace!=default',
    'spec.nodeName=,status.phase!=Running',
    'x=y',
    'metadata.name',
    'metadata.name=a\\,b',
    '\\',
    '=',
  ],
  watch: ['true', '1', '', 'false', 'x'],
  allowWatchBookmarks: ['true', 'x'],
  sendInitialEvents: ['true', 'false', 'x'],
  timeoutSeconds: ['1', '0', '-1', '9223372036854775807', 'x'],
  dryRun: ['All', 'All', '', 'x'],
  fieldManager: ['m', 'kubectl', 'x'.repeat(129), '\u0000', ''],
  fieldValidation: ['Strict', 'Warn', 'Ignore', '', 'x'],
  force: ['true', 'false', 'x'],
  pretty: ['true', '1', '', 'x'],
  gracePeriodSeconds: ['0', '1', '-1', 'x', '9223372036854775808'],
  propagationPolicy: ['Orphan', 'Background', 'Foreground', 'x', ''],
  orphanDependents: ['true', 'false', 'x'],
}
