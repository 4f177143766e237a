// One fuzz run. In: a seed and how many requests. Out: what went wrong, in words.

import type { Tree } from './bodies.ts'
import { createDice, type Dice } from './dice.ts'
import { type Answer, type FuzzServer, startFuzzServer } from './fuzz-server.ts'
import { minimalObjects } from './minimal-objects.ts'
import type { Operation } from './operations.ts'
import { readBackFaults } from './read-back.ts'
import { type FuzzRequest, requestFor } from './requests.ts'

export interface FuzzResult {
  readonly faults: readonly string[]
  readonly accepted: number
}

/** Requests after which all that is stored is read back. */
const readBackEvery = 300

export interface FuzzOptions {
  readonly seed: number
  readonly requests: number
  /** Only operations whose path matches; the environment's FUZZ_ONLY. */
  readonly only?: RegExp
}

export async function runFuzz({ seed, requests, only = /./ }: FuzzOptions): Promise<FuzzResult> {
  await using server = await startFuzzServer(seed)
  const dice = createDice(seed)
  const faults = await prepare(server)
  const all = (await server.operations()).filter(({ path }) => !isElsewhere(path))
  const operations = all.filter(({ path }) => only.test(path))
  let accepted = 0
  for (let i = 1; i <= requests && faults.length === 0; i++) {
    const request = requestFor(pickOperation(operations, dice), dice)
    const answer = await server.ask(request)
    faults.push(...answerFaults(request, answer))
    if (answer.status < 300) accepted++
    if (answer.status < 300 && isRuling(request)) await withdraw(server, request)
    if (i % readBackEvery === 0) faults.push(...(await readAll(server, all)))
  }
  if (Object.keys(Object.prototype).length > 0) faults.push('Object.prototype has been changed')
  return { faults, accepted }
}

/** Answered by kubelets and Services, which are not there. */
function isElsewhere(path: string): boolean {
  return /\/(proxy|exec|attach|portforward|log)(\/|$)/.test(path)
}

/** One of each kind, so that there is something to change. */
async function prepare(server: FuzzServer): Promise<string[]> {
  const faults: string[] = []
  const create = async (operation: Operation, name: string) => {
    const { group, version, plural, kind, path } = operation
    const minimal: Tree = { ...minimalObjects[`${group}/${plural}`] }
    const metadata = { name, ...(minimal['metadata'] as object | undefined) }
    const apiVersion = group === '' ? version : `${group}/${version}`
    const answer = await server.ask({
      method: 'POST',
      path: path.replace('{namespace}', 'default'),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ apiVersion, kind, ...minimal, metadata }),
    })
    if (answer.status !== 201 && answer.status !== 409)
      faults.push(`minimal ${plural}: ${answer.text}`)
  }
  const creations = async () =>
    (await server.operations()).filter(
      ({ method, group, plural, subresource }) =>
        method === 'POST' && subresource === '' && `${group}/${plural}` in minimalObjects,
    )
  const all = await creations()
  const accounts = all.filter(({ plural }) => plural === 'serviceaccounts')
  for (const operation of accounts) await create(operation, 'default')
  for (const operation of all) {
    await create(operation, operation.plural === 'namespaces' ? 'other' : 'a')
  }
  // Custom resources are served once their definition has been seen.
  for (let i = 0; i < 100; i++) {
    const things = (await creations()).find(({ plural }) => plural === 'things')
    if (things) {
      await create(things, 'a')
      return faults
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return [...faults, 'the custom resource is not served']
}

/** Less often what takes objects away. */
function pickOperation(operations: readonly Operation[], dice: Dice): Operation {
  const operation = dice.pick(operations)
  const isRare = operation.method === 'DELETE' && !dice.once(4)
  return isRare ? pickOperation(operations, dice) : operation
}

/** What it says counts for every later request. */
function isRuling({ operation: { group, plural, method } }: FuzzRequest): boolean {
  if (method === 'GET') return false
  return (
    group === 'admissionregistration.k8s.io' ||
    group === 'flowcontrol.apiserver.k8s.io' ||
    ['apiservices', 'limitranges', 'resourcequotas', 'runtimeclasses'].includes(plural)
  )
}

async function withdraw(server: FuzzServer, { operation }: FuzzRequest): Promise<void> {
  const { group, version, plural } = operation
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const scopes = operation.path.includes('{namespace}')
    ? ['/namespaces/default', '/namespaces/other']
    : ['']
  for (const scope of scopes) {
    for (const name of ['a', 'b', 'c']) {
      await server.ask({ method: 'DELETE', path: `${path}${scope}/${plural}/${name}` })
    }
  }
}

function answerFaults(request: FuzzRequest, answer: Answer): string[] {
  const { method, path, headers, body } = request
  const { status, contentType, text, failures } = answer
  const isLate = status === 504 && text.includes('Too large resource version')
  // As upstream says that there is no address to be had, which is nobody's mistake.
  const isFull = text.includes('failed to allocate a serviceIP: range is full')
  const isBad = status >= 500 && !isLate && !isFull
  const isUnreadable = contentType === 'application/json' && !request.isWatch && !isJson(text)
  if (!isBad && !isUnreadable && failures.length === 0) return []
  const shown = typeof body === 'string' ? body : Buffer.from(body ?? '').toString('latin1')
  return [
    `${method} ${path} ${JSON.stringify(headers)} ${shown.slice(0, 1500)}\n` +
      `-> ${status} ${text.slice(0, 600)}\n${failures.join('\n')}`,
  ]
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

async function readAll(server: FuzzServer, operations: readonly Operation[]): Promise<string[]> {
  const faults: string[] = []
  const collections = operations.filter(
    ({ method, path, subresource, plural, group }) =>
      method === 'GET' &&
      subresource === '' &&
      !path.includes('{name}') &&
      !path.includes('/watch/') &&
      `${group}/${plural}` in minimalObjects &&
      (path.includes('{namespace}') || !isNamespaced(operations, { group, plural })),
  )
  for (const collection of collections) faults.push(...(await readBackFaults(server, collection)))
  return faults
}

function isNamespaced(
  operations: readonly Operation[],
  { group, plural }: Pick<Operation, 'group' | 'plural'>,
): boolean {
  return operations.some(
    (other) =>
      other.group === group && other.plural === plural && other.path.includes('{namespace}'),
  )
}
