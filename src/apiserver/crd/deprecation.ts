// The warning that comes with every request to a deprecated version.

import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from '../../api/types.gen.ts'
import { compareVersions } from '../discovery/group-order.ts'

/** Undefined for a version that is not deprecated. */
export function deprecationWarning(
  { spec }: CustomResourceDefinition,
  { name, deprecated, deprecationWarning: own }: CustomResourceDefinitionVersion,
): string | undefined {
  if (!deprecated) return undefined
  if (own !== undefined) return own
  const { kind } = spec.names
  const said = `${spec.group}/${name} ${kind} is deprecated`
  const [newest] = spec.versions
    .filter((version) => version.served && !version.deprecated)
    .map((version) => version.name)
    .filter((version) => compareVersions(version, name) < 0)
    .sort(compareVersions)
  return newest === undefined ? said : `${said}; use ${spec.group}/${newest} ${kind}`
}
