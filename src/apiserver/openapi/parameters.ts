// Table: the parameters that operations take.

export interface Parameter {
  readonly name: string
  readonly in: 'query' | 'path'
  readonly type: 'string' | 'integer' | 'boolean'
  readonly description: string
  readonly required?: true
}

function query(name: string, type: Parameter['type'], description: string): Parameter {
  return { name, in: 'query', type, description }
}

export const pretty = query('pretty', 'string', 'Indent the answer when it is "true".')

export const namespace: Parameter = {
  name: 'namespace',
  in: 'path',
  type: 'string',
  required: true,
  description: 'Namespace of the object.',
}

export const rest: Parameter = {
  name: 'path',
  in: 'path',
  type: 'string',
  required: true,
  description: 'Path of the request that is passed on.',
}

export function name(kind: string): Parameter {
  return { ...namespace, name: 'name', description: `Name of the ${kind}.` }
}

const dryRun = query('dryRun', 'string', 'With "All" everything is done but the write itself.')
const fieldManager = query('fieldManager', 'string', 'Who makes the change, for managedFields.')
const fieldValidation = query(
  'fieldValidation',
  'string',
  'What is done about unknown and duplicate fields: Ignore, Warn or Strict.',
)
const force = query('force', 'boolean', 'With server-side apply: take over fields of others.')

export const writing: readonly Parameter[] = [dryRun, fieldManager, fieldValidation]
export const patching: readonly Parameter[] = [...writing, force]

const selection: readonly Parameter[] = [
  query('continue', 'string', 'Token of the last page: the next page is answered.'),
  query('fieldSelector', 'string', 'Only objects whose fields match.'),
  query('labelSelector', 'string', 'Only objects whose labels match.'),
  query('limit', 'integer', 'Most objects in one page.'),
  query('resourceVersion', 'string', 'Which state of the data is asked for.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is meant.'),
  query('sendInitialEvents', 'boolean', 'Begin a watch with what exists.'),
  query('timeoutSeconds', 'integer', 'After how many seconds the call ends.'),
]

export const listing: readonly Parameter[] = [
  query('allowWatchBookmarks', 'boolean', 'Let a watch send bookmarks.'),
  ...selection,
  query('watch', 'boolean', 'Watch for changes in place of a list.'),
]

export const deletion: readonly Parameter[] = [
  dryRun,
  query('gracePeriodSeconds', 'integer', 'Time the object gets to end.'),
  query(
    'ignoreStoreReadErrorWithClusterBreakingPotential',
    'boolean',
    'Delete even what cannot be read any more.',
  ),
  query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy.'),
  query(
    'propagationPolicy',
    'string',
    'What becomes of dependents: Orphan, Background, Foreground.',
  ),
]

export const collectionDelete: readonly Parameter[] = [...selection, ...deletion]

const typeOfQuery: Readonly<Record<string, Parameter['type']>> = {
  follow: 'boolean',
  insecureSkipTLSVerifyBackend: 'boolean',
  limitBytes: 'integer',
  ports: 'integer',
  previous: 'boolean',
  sinceSeconds: 'integer',
  stderr: 'boolean',
  stdin: 'boolean',
  stdout: 'boolean',
  tailLines: 'integer',
  timestamps: 'boolean',
  tty: 'boolean',
}

/** Query parameters of exec, log and the like, by their names in the kind table. */
export function connectParameters(names: readonly string[]): readonly Parameter[] {
  return names.map((name) => query(name, typeOfQuery[name] ?? 'string', `See kubectl: ${name}.`))
}
