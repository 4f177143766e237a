// Images as a table: one line a tag, as docker and crictl show them.

import type { ImageView } from '../cluster/control-protocol.ts'
import { bytes, renderColumns } from './columns.ts'

export function renderImages(images: readonly ImageView[]): string {
  const rows = images.flatMap(({ id, tags, sizeBytes }) =>
    (tags.length > 0 ? tags : ['<none>']).map((tag) => [tag, shortId(id), bytes(sizeBytes)]),
  )
  return renderColumns(
    ['IMAGE', 'ID', 'SIZE'],
    rows.toSorted(([a = ''], [b = '']) => a.localeCompare(b)),
  )
}

function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 13)
}
