// Every operation on every served kind, in a form that both versions of OpenAPI are written from.

import { apiVersionOf, type KindEntry, type Subresource } from '../../api/kinds.ts'
import { allDefinitions } from '../../api/schema.ts'
import {
  collectionDelete,
  connectParameters,
  deletion,
  listing,
  name,
  namespace,
  type Parameter,
  patching,
  pretty,
  rest,
  writing,
} from './parameters.ts'
import { definitionNames, listDefinition } from './schemas.ts'

export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch'

export interface Operation {
  readonly path: string
  readonly method: Method
  readonly id: string
  readonly tag: string
  readonly action: string
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  /** Of the path itself, then of this method. */
  readonly pathParameters: readonly Parameter[]
  readonly parameters: readonly Parameter[]
  /** Definition of the body; patches have content types of their own. */
  readonly body: string | undefined
  /** Definition of the answer; undefined for a stream of text. */
  readonly answer: string | undefined
  readonly statuses: readonly number[]
  /** On a custom resource, which has neither protobuf nor strategic merge patches. */
  readonly isCustom: boolean
}

export function operationsOf(entry: KindEntry): readonly Operation[] {
  return [
    ...collectionOperations(entry),
    ...objectOperations(entry),
    ...Object.entries(entry.subresources ?? {}).flatMap(([subresource, of]) =>
      subresourceOperations(entry, subresource, of),
    ),
  ]
}

interface Place {
  readonly entry: KindEntry
  readonly path: string
  readonly pathParameters: readonly Parameter[]
}

function placeOf(entry: KindEntry, ...segments: readonly string[]): Place {
  const root = `${entry.group ? '/apis' : '/api'}/${apiVersionOf(entry)}`
  const scope = entry.namespaced ? ['namespaces/{namespace}'] : []
  return {
    entry,
    path: [root, ...scope, entry.plural, ...segments].join('/'),
    pathParameters: [
      ...(segments[0] === '{name}' ? [name(entry.kind)] : []),
      ...(entry.namespaced ? [namespace] : []),
      pretty,
    ],
  }
}

type Rest = Pick<Operation, 'method' | 'action' | 'parameters' | 'body' | 'answer' | 'statuses'>

function operation(
  { entry, path, pathParameters }: Place,
  verb: string,
  suffix: string,
  of: Rest,
): Operation {
  const { group, version, kind } = entry
  const words = groupWords(group)
  const scope = entry.namespaced ? 'Namespaced' : ''
  return {
    path,
    pathParameters,
    id: `${verb}${pascal(words)}${pascal([version])}${suffix.startsWith('!') ? suffix.slice(1) : `${scope}${kind}${suffix}`}`,
    tag: `${camel(words)}_${version}`,
    kind: { group, version, kind },
    isCustom: allDefinitions[entry.def] === undefined,
    ...of,
  }
}

/** rbac.authorization.k8s.io is rbac authorization; the core group is core. */
function groupWords(group: string): readonly string[] {
  return group === '' ? ['core'] : group.replace(/\.k8s\.io$/, '').split(/[.-]/)
}

function pascal(words: readonly string[]): string {
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function camel(words: readonly string[]): string {
  return `${words[0] ?? ''}${pascal(words.slice(1))}`
}

function collectionOperations(entry: KindEntry): readonly Operation[] {
  const place = placeOf(entry)
  const { def, verbs } = entry
  const list: Rest = {
    method: 'get',
    action: 'list',
    parameters: listing,
    body: undefined,
    answer: listDefinition(entry),
    statuses: [200],
  }
  const has = (verb: string) => verbs.includes(verb)
  const everywhere = {
    ...place,
    path: place.path.replace('/namespaces/{namespace}', ''),
    pathParameters: [pretty],
  }
  const scope = entry.namespaced ? 'Namespaced' : ''
  return [
    ...(has('list') ? [operation(place, 'list', '', list)] : []),
    ...(has('create')
      ? [
          operation(place, 'create', '', {
            ...{ method: 'post', action: 'post', parameters: writing, body: def, answer: def },
            statuses: [200, 201, 202],
          }),
        ]
      : []),
    ...(has('deletecollection')
      ? [
          operation(place, 'delete', `!Collection${scope}${entry.kind}`, {
            ...{ method: 'delete', action: 'deletecollection', parameters: collectionDelete },
            ...{ body: definitionNames.deleteOptions, answer: definitionNames.status },
            statuses: [200],
          }),
        ]
      : []),
    ...(has('list') && entry.namespaced
      ? [operation(everywhere, 'list', `!${entry.kind}ForAllNamespaces`, list)]
      : []),
  ]
}

function objectOperations(entry: KindEntry): readonly Operation[] {
  const { def, deleteReturns } = entry
  const answers = deleteReturns === 'object' ? def : definitionNames.status
  return entry.verbs.flatMap((verb) =>
    verbOperation(placeOf(entry, '{name}'), { verb, def, suffix: '', deleteAnswers: answers }),
  )
}

interface VerbOf {
  readonly verb: string
  readonly def: string
  readonly suffix: string
  readonly deleteAnswers?: string
}

function verbOperation(place: Place, of: VerbOf): readonly Operation[] {
  const { verb, def, suffix, deleteAnswers } = of
  const answered = { answer: def, statuses: [200, 201] }
  if (verb === 'get')
    return [
      operation(place, 'read', suffix, {
        ...{ method: 'get', action: 'get', parameters: [], body: undefined, answer: def },
        statuses: [200],
      }),
    ]
  if (verb === 'update')
    return [
      operation(place, 'replace', suffix, {
        ...{ method: 'put', action: 'put', parameters: writing, body: def, ...answered },
      }),
    ]
  if (verb === 'patch')
    return [
      operation(place, 'patch', suffix, {
        ...{ method: 'patch', action: 'patch', parameters: patching },
        ...{ body: definitionNames.patch, ...answered },
      }),
    ]
  if (verb === 'delete' && deleteAnswers)
    return [
      operation(place, 'delete', suffix, {
        ...{ method: 'delete', action: 'delete', parameters: deletion },
        ...{ body: definitionNames.deleteOptions, answer: deleteAnswers, statuses: [200, 202] },
      }),
    ]
  return []
}

function subresourceOperations(
  entry: KindEntry,
  subresource: string,
  of: Subresource,
): readonly Operation[] {
  const place = placeOf(entry, '{name}', subresource)
  const suffix = pascal([subresource])
  const kind = {
    group: of.group ?? entry.group,
    version: of.version ?? entry.version,
    kind: of.kind,
  }
  if (of.connect)
    return connectOperations(place, subresource, of).map((found) => ({ ...found, kind }))
  const def = of.def
  if (!def) return [logOperation(place, suffix, of)]
  const made = of.verbs.flatMap((verb) =>
    verb === 'create'
      ? [
          operation(place, 'create', suffix, {
            ...{ method: 'post', action: 'post', parameters: writing, body: def, answer: def },
            statuses: [200, 201, 202],
          }),
        ]
      : verbOperation(place, { verb, def, suffix }),
  )
  return made.map((found) => ({ ...found, kind }))
}

function logOperation(place: Place, suffix: string, { query = [] }: Subresource): Operation {
  return operation(place, 'read', suffix, {
    ...{ method: 'get', action: 'get', parameters: connectParameters(query) },
    ...{ body: undefined, answer: undefined, statuses: [200] },
  })
}

const methodOfVerb: Readonly<Record<string, Method>> = {
  get: 'get',
  create: 'post',
  update: 'put',
  patch: 'patch',
  delete: 'delete',
}

function connectOperations(
  place: Place,
  subresource: string,
  { verbs, query = [] }: Subresource,
): readonly Operation[] {
  const withRest = {
    ...place,
    path: `${place.path}/{path}`,
    pathParameters: [...place.pathParameters, rest],
  }
  const places = subresource === 'proxy' ? [place, withRest] : [place]
  const { kind, namespaced } = place.entry
  const scope = namespaced ? 'Namespaced' : ''
  return places.flatMap((at) =>
    verbs.flatMap((verb) => {
      const method = methodOfVerb[verb]
      if (!method) return []
      const suffix = `${pascal([method])}${scope}${kind}${pascal([subresource])}`
      return operation(at, 'connect', `!${suffix}${at === withRest ? 'WithPath' : ''}`, {
        ...{ method, action: 'connect', parameters: connectParameters(query) },
        ...{ body: undefined, answer: undefined, statuses: [200] },
      })
    }),
  )
}
