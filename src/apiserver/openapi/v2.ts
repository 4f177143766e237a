// OpenAPI v2: everything in one document.

import type { KindEntry } from '../../api/kinds.ts'
import { kubernetesVersion } from '../../api/kubernetes-version.ts'
import { type CustomSchemas, noCustomSchemas } from './custom-schemas.ts'
import { type Operation, operationsOf } from './operations.ts'
import { definitionNames, type OpenApiObject, reference, schemasFor } from './schemas.ts'

const bodyTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]

export function openApiV2(
  kinds: readonly KindEntry[],
  custom: CustomSchemas = noCustomSchemas,
): OpenApiObject {
  const operations = kinds.flatMap(operationsOf)
  const names = operations.flatMap(({ body, answer }) => [body ?? [], answer ?? []].flat())
  const roots = new Set([
    ...names,
    ...kinds.map(({ def }) => def),
    ...Object.values(definitionNames),
  ])
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: kubernetesVersion },
    paths: paths(operations),
    definitions: schemasFor(roots, { version: 2, kinds, custom }),
    securityDefinitions: {
      BearerToken: {
        description: 'Bearer Token authentication',
        type: 'apiKey',
        name: 'authorization',
        in: 'header',
      },
    },
    security: [{ BearerToken: [] }],
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
          parameters: members[0]?.pathParameters.map((parameter) => ({
            ...parameter,
            uniqueItems: true,
          })),
        },
      ]),
  )
}

function patchTypesOf({ isCustom }: Operation): readonly string[] {
  return patchTypes.filter((type) => !isCustom || !type.includes('strategic'))
}

function isProtobuf(type: string): boolean {
  return type.endsWith('protobuf')
}

function operationObject(operation: Operation): OpenApiObject {
  const { id, tag, action, kind, body, method, answer, statuses, isCustom } = operation
  const parameters = [
    ...(body
      ? [
          {
            name: 'body',
            in: 'body',
            ...(method !== 'delete' && { required: true }),
            schema: { $ref: reference(body, 2) },
          },
        ]
      : []),
    ...operation.parameters.map((parameter) => ({ ...parameter, uniqueItems: true })),
  ]
  const schema = answer ? { $ref: reference(answer, 2) } : { type: 'string' }
  return {
    consumes: method === 'patch' ? patchTypesOf(operation) : ['*/*'],
    operationId: id,
    ...(parameters.length > 0 && { parameters }),
    produces: answer ? bodyTypes.filter((type) => !isCustom || !isProtobuf(type)) : ['*/*'],
    responses: {
      ...Object.fromEntries(
        statuses.map((status) => [status, { description: texts[status] ?? '', schema }]),
      ),
      401: { description: 'Unauthorized' },
    },
    schemes: ['https'],
    tags: [tag],
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kind,
  }
}

const texts: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }
