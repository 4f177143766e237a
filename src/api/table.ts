// Tables: what `kubectl get` shows. Kind and objects -> column definitions and rows, for lists
// and, a row at a time, for watch events.

import { compile, type Evaluate } from './columns/expression.ts'
import { formulas } from './columns/formulas.ts'
import { podRowConditions, type RowCondition } from './columns/pod-formulas.ts'
import facts from './columns.gen.json' with { type: 'json' }
import { type Draft, type DraftValue, draftAs } from './draft.ts'
import type { KindEntry } from './kinds.ts'
import type { Pod } from './types.gen.ts'

export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableOptions {
  readonly now: Date
  readonly includeObject: IncludeObject
}

/** As served; priority 1 shows with `-o wide` only. */
export interface ColumnDefinition {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  readonly priority: number
}

export interface TableRow {
  readonly cells: readonly DraftValue[]
  readonly conditions?: readonly RowCondition[]
  readonly object: Draft | null
}

/** The table form of one kind, compiled once. */
export interface TableForm {
  readonly columns: readonly ColumnDefinition[]
  row(object: Draft, options: TableOptions): TableRow
}

interface ColumnFact {
  readonly name: string
  readonly type: string
  readonly format?: string
  readonly priority?: number
  readonly expr: string
}

interface KindColumns {
  readonly kind: string
  readonly groups?: readonly string[]
  readonly columns: readonly ColumnFact[]
  /** Cells beyond the columns. */
  readonly extraCells?: readonly string[]
  readonly handlerUnused?: boolean
}

const allColumns: readonly KindColumns[] = facts

type KindName = Pick<KindEntry, 'group' | 'kind'> & { readonly def?: string }

/** Kinds without columns of their own show their name and age. */
export function tableFormOf(entry: KindName): TableForm {
  const { columns, extraCells = [] } = columnsOf(entry)
  const definition = entry.kind === 'Event' ? 'io.k8s.api.core.v1.Event' : entry.def
  const cells = [...columns.map(({ expr }) => expr), ...extraCells].map((expr) =>
    compile(expr, formulas, definition),
  )
  const conditionsOf = entry.group === '' && entry.kind === 'Pod' ? podRowConditions : undefined
  return {
    columns: columns.map(definitionOfColumn),
    row: (object, options) => rowOf(object, { cells, conditionsOf, ...options }),
  }
}

function columnsOf({ group, kind }: KindName): KindColumns {
  const found = allColumns.find(
    (each) => each.kind === kind && !each.handlerUnused && (each.groups?.includes(group) ?? true),
  )
  const fallback = allColumns.find((each) => each.kind === '*')
  if (!found && !fallback) throw new Error('no columns for custom kinds')
  return found ?? (fallback as KindColumns)
}

function definitionOfColumn({
  name,
  type,
  format = '',
  priority = 0,
}: ColumnFact): ColumnDefinition {
  return { name, type, format, description: '', priority }
}

interface RowOptions extends TableOptions {
  readonly cells: readonly Evaluate[]
  readonly conditionsOf:
    | ((pod: ReturnType<typeof draftAs<Pod>>) => readonly RowCondition[])
    | undefined
}

function rowOf(object: Draft, { cells, conditionsOf, now, includeObject }: RowOptions): TableRow {
  const scope = { object, nowMs: now.getTime() }
  const conditions = conditionsOf?.(draftAs<Pod>(object)) ?? []
  return {
    cells: cells.map((cell) => cell(scope) ?? ''),
    ...(conditions.length > 0 && { conditions }),
    object: includedObject(object, includeObject),
  }
}

function includedObject(object: Draft, include: IncludeObject): Draft | null {
  if (include === 'None') return null
  if (include === 'Object') return object
  const { metadata } = object
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
}

/** A whole Table object; for a watch event pass one object and no list metadata. */
export function tableOf(
  form: TableForm,
  objects: readonly Draft[],
  { listMetadata = {}, ...options }: TableOptions & { readonly listMetadata?: object },
) {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: listMetadata,
    columnDefinitions: form.columns,
    rows: objects.map((object) => form.row(object, options)),
  }
}
