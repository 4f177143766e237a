// Obeys spec.nodeName where it is set.

import { type FilterPlugin, rejectedFinally } from '../plugin.ts'

export const nodeName: FilterPlugin = {
  name: 'NodeName',
  prepareFilter({ pod }) {
    const wanted = pod.spec.nodeName
    if (!wanted) return undefined
    return ({ name }) =>
      name === wanted ? undefined : rejectedFinally("node(s) didn't match the requested node name")
  },
}
