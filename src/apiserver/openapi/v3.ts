// OpenAPI v3: one document a group version.

import type { KindEntry } from '../../api/kinds.ts'
import { kubernetesVersion } from '../../api/kubernetes-version.ts'
import { type CustomSchemas, noCustomSchemas } from './custom-schemas.ts'
import { type Operation, operationsOf } from './operations.ts'
import type { Parameter } from './parameters.ts'
import { definitionNames, type OpenApiObject, reference, schemasFor } from './schemas.ts'

const answerTypes = [
  'application/json',
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf',
  'application/vnd.kubernetes.protobuf;stream=watch',
  'application/yaml',
]
const patchTypes = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]

const customAnswerTypes = ['application/json', 'application/yaml']
const customPatchTypes = patchTypes.filter((type) => !type.includes('strategic'))

/** `kinds` are those of the group version, `allKinds` everything served. */
export function openApiV3(
  kinds: readonly KindEntry[],
  allKinds: readonly KindEntry[],
  custom: CustomSchemas = noCustomSchemas,
): OpenApiObject {
  const operations = kinds.flatMap(operationsOf)
  const names = operations.flatMap(({ body, answer }) => [body ?? [], answer ?? []].flat())
  const roots = new Set([...names, ...kinds.map(({ def }) => def), definitionNames.status])
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: kubernetesVersion },
    paths: paths(operations),
    components: {
      schemas: schemasFor(roots, { version: 3, kinds: allKinds, custom }),
      securitySchemes: {
        BearerToken: {
          type: 'apiKey',
          description: 'Bearer Token authentication',
          name: 'authorization',
          in: 'header',
        },
      },
    },
  }
}

function paths(operations: readonly Operation[]): OpenApiObject {
  const byPath = Map.groupBy(operations, ({ path }) => path)
  return Object.fromEntries(
    [...byPath]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, members]) => [
        path,
        {
          ...Object.fromEntries(members.map((member) => [member.method, operationObject(member)])),
          parameters: members[0]?.pathParameters.map(parameterObject),
        },
      ]),
  )
}

function operationObject(operation: Operation): OpenApiObject {
  const { id, tag, action, kind, parameters, body, method, statuses, isCustom } = operation
  const accepted = isCustom ? customPatchTypes : patchTypes
  return {
    tags: [tag],
    operationId: id,
    ...(parameters.length > 0 && { parameters: parameters.map(parameterObject) }),
    ...(body && {
      requestBody: {
        content: content(method === 'patch' ? accepted : ['*/*'], body),
        ...(method !== 'delete' && { required: true }),
      },
    }),
    responses: {
      ...Object.fromEntries(statuses.map((status) => [status, answered(status, operation)])),
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kind,
  }
}

const statusTexts: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }

function answered(status: number, { answer, isCustom }: Operation): OpenApiObject {
  const description = statusTexts[status] ?? ''
  if (!answer) return { description, content: { '*/*': { schema: { type: 'string' } } } }
  return { description, content: content(isCustom ? customAnswerTypes : answerTypes, answer) }
}

function content(types: readonly string[], definition: string): OpenApiObject {
  const schema = { $ref: reference(definition, 3) }
  return Object.fromEntries(types.map((type) => [type, { schema }]))
}

function parameterObject({ type, ...parameter }: Parameter): OpenApiObject {
  return { ...parameter, schema: { type, uniqueItems: true } }
}
