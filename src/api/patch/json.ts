// JSON Patch (RFC 6902), with the words of the library that upstream uses (evanphx/json-patch v4).

import { copyOf, type Draft, type DraftValue, isDraft, isSame, ownOf, setOwn } from '../draft.ts'
import { depthLimit } from '../json-text.ts'

export interface JsonPatchOperation {
  readonly op: string
  readonly path: string
  readonly from?: string
  readonly value?: DraftValue
}

/** Cannot be applied to this document (422). */
export class JsonPatchError extends Error {}
/** Is not a patch at all (400). */
export class JsonPatchSyntaxError extends Error {}
/** Has too many operations (413). */
export class JsonPatchTooLarge extends Error {}

const operationLimit = 10_000
/** What all copies of a patch may hold together, as JSON: each could double the document. */
const copiedLimit = 3 * 1024 * 1024

/** Checks that the value is a list of operations. Throws JsonPatchSyntaxError, JsonPatchTooLarge. */
export function readJsonPatch(value: unknown): JsonPatchOperation[] {
  if (!Array.isArray(value)) {
    const found = value === null ? 'null' : typeof value
    throw new JsonPatchSyntaxError(
      `json: cannot unmarshal ${found} into Go value of type jsonpatch.Patch`,
    )
  }
  if (value.length > operationLimit) {
    throw new JsonPatchTooLarge(
      `The allowed maximum operations in a JSON patch is ${operationLimit}, got ${value.length}`,
    )
  }
  return value.map((operation: unknown) => readOperation(operation))
}

function readOperation(operation: unknown): JsonPatchOperation {
  if (!isDraft(operation)) {
    throw new JsonPatchSyntaxError(
      `json: cannot unmarshal ${typeof operation} into Go value of type jsonpatch.Operation`,
    )
  }
  const { op, path, from, value } = operation
  return {
    op: typeof op === 'string' ? op : 'unknown',
    path: typeof path === 'string' ? path : '',
    ...(typeof from === 'string' && { from }),
    ...(value !== undefined && { value }),
  }
}

/** The patched document; the one given stays as it is. Throws JsonPatchError. */
export function applyJsonPatch(document: Draft, operations: readonly JsonPatchOperation[]): Draft {
  const root: Root = { document: copyOf(document), copied: 0 }
  for (const operation of operations) applyOperation(root, operation)
  if (!isDraft(root.document)) throw new JsonPatchError('the patched document is not an object')
  if (isDeeper(root.document, depthLimit)) throw new JsonPatchError('exceeded max depth')
  return root.document
}

/** Operations by and by can nest what none of them nests. */
function isDeeper(value: DraftValue | undefined, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  return Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}

interface Root {
  document: DraftValue
  /** Length of everything that was copied. */
  copied: number
}

function applyOperation(root: Root, operation: JsonPatchOperation): void {
  const { op, path } = operation
  switch (op) {
    case 'add':
      add(root, path, operation.value ?? null, op)
      break
    case 'remove':
      remove(root, path, op)
      break
    case 'replace':
      replace(root, path, operation.value ?? null)
      break
    case 'move':
      add(root, path, remove(root, operation.from ?? '', op), op)
      break
    case 'copy':
      add(root, path, copied(root, read(root, operation.from ?? '', op)), op)
      break
    case 'test':
      test(root, path, operation.value ?? null)
      break
    default:
      throw new JsonPatchError(`Unexpected kind: ${op}`)
  }
}

function copied(root: Root, value: DraftValue): DraftValue {
  root.copied += JSON.stringify(value).length
  if (root.copied > copiedLimit) {
    throw new JsonPatchError(
      `Unable to complete the copy, the accumulated size increase of copy is ${root.copied}, exceeding the limit ${copiedLimit}`,
    )
  }
  return copyOf(value)
}

function add(root: Root, path: string, value: DraftValue, op: string): void {
  if (path === '') {
    root.document = value
    return
  }
  const { container, key } = locate(root, path, op)
  if (!Array.isArray(container)) {
    setOwn(container, key, value)
    return
  }
  if (key === '-') container.push(value)
  else container.splice(indexFor(container, key, op, path, container.length), 0, value)
}

function remove(root: Root, path: string, op: string): DraftValue {
  const { container, key } = locate(root, path, op)
  if (Array.isArray(container)) {
    const index = indexFor(container, key, op, path, container.length - 1)
    return container.splice(index, 1)[0] ?? null
  }
  const value = ownOf(container, key)
  if (value === undefined) throw missing(op, path, `Unable to remove nonexistent key: ${key}`)
  delete container[key]
  return value
}

function replace(root: Root, path: string, value: DraftValue): void {
  if (path === '') {
    root.document = value
    return
  }
  const { container, key } = locate(root, path, 'replace')
  if (Array.isArray(container)) {
    container[indexFor(container, key, 'replace', path, container.length - 1)] = value
    return
  }
  if (ownOf(container, key) === undefined) {
    throw new JsonPatchError(
      `replace operation does not apply: doc is missing key: ${path}: missing value`,
    )
  }
  setOwn(container, key, value)
}

function read(root: Root, path: string, op: string): DraftValue {
  if (path === '') return root.document
  const { container, key } = locate(root, path, op)
  if (Array.isArray(container)) {
    return container[indexFor(container, key, op, path, container.length - 1)] ?? null
  }
  const value = ownOf(container, key)
  if (value === undefined) {
    throw new JsonPatchError(
      `${op} operation does not apply: doc is missing from path: ${path}: missing value`,
    )
  }
  return value
}

function test(root: Root, path: string, expected: DraftValue): void {
  const found = path === '' ? root.document : testedValue(root, path)
  const isEqual = found === undefined ? expected === null : isSame(found, expected)
  if (!isEqual) throw new JsonPatchError(`testing value ${path} failed: test failed`)
}

function testedValue(root: Root, path: string): DraftValue | undefined {
  const { container, key } = locate(root, path, 'test')
  if (!Array.isArray(container)) return ownOf(container, key)
  return container[indexFor(container, key, 'test', path, container.length - 1)]
}

/** The object or list that holds the last step of `path`. */
function locate(
  root: Root,
  path: string,
  op: string,
): { container: Draft | DraftValue[]; key: string } {
  const steps = path.split('/').slice(1).map(unescaped)
  const key = steps.pop() ?? ''
  let container: DraftValue | undefined = path.startsWith('/') ? root.document : undefined
  for (const step of steps) container = childAt(container, step)
  if (Array.isArray(container) || isDraft(container)) return { container, key }
  throw new JsonPatchError(
    `${op} operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`,
  )
}

function childAt(container: DraftValue | undefined, step: string): DraftValue | undefined {
  if (Array.isArray(container)) {
    const index = Number(step)
    return container.at(index)
  }
  return isDraft(container) ? ownOf(container, step) : undefined
}

function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** Negative positions count from the end, as the library allows. */
function indexFor(
  list: readonly DraftValue[],
  key: string,
  op: string,
  path: string,
  last: number,
): number {
  if (!/^[-+]?\d+$/.test(key)) {
    throw new JsonPatchError(
      `${op} operation does not apply: doc is missing key: ${path}: strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`,
    )
  }
  const position = Number(key)
  const index = position < 0 ? position + list.length + (op === 'add' ? 1 : 0) : position
  if (index < 0 || index > last) {
    const problem = `Unable to access invalid index: ${key}: invalid index referenced`
    throw op === 'add' || op === 'remove'
      ? new JsonPatchError(
          `${op} operation does not apply: doc is missing key: ${path}: ${problem}`,
        )
      : missing(op, path, problem)
  }
  return index
}

function missing(op: string, path: string, problem: string): JsonPatchError {
  return new JsonPatchError(`error in ${op} for path: '${path}': ${problem}: missing value`)
}
