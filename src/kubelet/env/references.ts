// Names of the ConfigMaps and Secrets that a container's environment is made from. Pure.

import type { Container } from '../../api/types.gen.ts'

export interface References {
  readonly configMaps: readonly string[]
  readonly secrets: readonly string[]
}

export function envReferences({ env = [], envFrom = [] }: Container): References {
  return {
    configMaps: unique([
      ...envFrom.flatMap(({ configMapRef }) => configMapRef?.name ?? []),
      ...env.flatMap(({ valueFrom }) => valueFrom?.configMapKeyRef?.name ?? []),
    ]),
    secrets: unique([
      ...envFrom.flatMap(({ secretRef }) => secretRef?.name ?? []),
      ...env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? []),
    ]),
  }
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)]
}
