// Every formula that the columns use, by name: general ones here, those of kinds beside.

import { type DraftValue, isDraft } from '../draft.ts'
import { canonicalQuantity } from '../quantity.ts'
import { ageText, humanDuration } from './duration.ts'
import type { Formula, Formulas, Value } from './expression.ts'
import { networkFormulas } from './network-formulas.ts'
import { nodeFormulas } from './node-formulas.ts'
import { otherFormulas } from './other-formulas.ts'
import { podFormulas } from './pod-formulas.ts'
import { isSet, labelsText, none, selectorCell, textOf, unset } from './text.ts'
import { workloadFormulas } from './workload-formulas.ts'

const age: Formula = (args, scope) => ageText(textOf(args.value(0, scope)), scope.nowMs)

const general: Formulas = {
  age,
  or: (args, scope) => {
    const value = args.value(0, scope)
    return isSet(value) ? value : args.value(1, scope)
  },
  orAge: (args, scope) => {
    const time = args.value(0, scope)
    return isSet(time) ? ageText(textOf(time), scope.nowMs) : args.value(1, scope)
  },
  orDuration: (args, scope) => {
    const seconds = args.value(0, scope)
    return isSet(seconds) ? humanDuration(Number(seconds) * 1000) : args.value(1, scope)
  },
  whenSet: (args, scope) => (isSet(args.value(0, scope)) ? args.value(1, scope) : ''),
  ratio: (args, scope) =>
    `${textOf(args.value(0, scope) ?? 0)}/${textOf(args.value(1, scope) ?? 0)}`,
  len: (args, scope) => lengthOf(args.value(0, scope)),
  sum: (args, scope) =>
    args.texts.reduce((sum, _, index) => sum + Number(args.value(index, scope) ?? 0), 0),
  join: (args, scope) =>
    listOf(args.value(0, scope))
      .map(textOf)
      .join(textOf(args.value(1, scope))),
  trim: (args, scope) => textOf(args.value(0, scope)).trim(),
  first: (args, scope) => {
    const [field = '', wanted = ''] = (args.texts[1] ?? '').split('=')
    return listOf(args.value(0, scope)).find((item) => isDraft(item) && item[field] === wanted)
  },
  quantity: (args, scope) => canonicalQuantity(textOf(args.value(0, scope)) || '0'),
  rfc3339utc: (args, scope) => textOf(args.value(0, scope)),
  boolWord: (args, scope) => {
    const value = args.value(0, scope)
    if (value === undefined) return args.value(1, scope)
    return value ? 'True' : 'False'
  },
  labels: (args, scope) => labelsText(args.value(0, scope)),
  selector: (args, scope) => selectorCell(args.value(0, scope), none, '<error>'),
  selectorRaw: (args, scope) => selectorCell(args.value(0, scope), '', '<invalid>'),
  containerNames: (args, scope) => partsOf(args.value(0, scope), 'name').join(','),
  containerImages: (args, scope) => partsOf(args.value(0, scope), 'image').join(','),
  terminatingOr: (args, scope) =>
    isSet(metadataOf(scope.object, 'deletionTimestamp')) ? 'Terminating' : args.value(0, scope),
  defaultMarked: (args, scope) => {
    const annotations = metadataOf(scope.object, 'annotations')
    const names = (args.texts[1] ?? '').split('|')
    const isDefault = isDraft(annotations) && names.some((name) => annotations[name] === 'true')
    return isDefault ? `${textOf(args.value(0, scope))} (default)` : args.value(0, scope)
  },
  accessModes: (args, scope) => accessModesText(listOf(args.value(0, scope)).map(textOf)),
  groupResource: (args, scope) => {
    const value = args.value(0, scope)
    if (!isDraft(value)) return ''
    return value['group'] ? `${value['resource']}.${value['group']}` : textOf(value['resource'])
  },
  paramKind: (_, { object }) => {
    const kind = isDraft(object['spec']) ? object['spec']['paramKind'] : undefined
    return isDraft(kind) ? `${kind['apiVersion']}/${kind['kind']}` : unset
  },
}

const accessModeNames: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
]

function accessModesText(modes: readonly string[]): string {
  return accessModeNames
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(',')
}

function lengthOf(value: Value): number {
  if (Array.isArray(value)) return value.length
  return isDraft(value) ? Object.keys(value).length : 0
}

function listOf(value: Value): readonly DraftValue[] {
  return Array.isArray(value) ? value : []
}

function partsOf(list: Value, field: string): string[] {
  return listOf(list).map((item) => (isDraft(item) ? textOf(item[field]) : ''))
}

function metadataOf(object: Value, field: string): Value {
  const metadata = isDraft(object) ? object['metadata'] : undefined
  return isDraft(metadata) ? metadata[field] : undefined
}

export const formulas: Formulas = {
  ...general,
  ...podFormulas,
  ...workloadFormulas,
  ...networkFormulas,
  ...nodeFormulas,
  ...otherFormulas,
}
