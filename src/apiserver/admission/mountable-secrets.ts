// An account may say that its Pods use no other Secrets than those it lists. Pure.

import type { DraftOf } from '../../api/draft.ts'
import type { Container, EphemeralContainer, Pod, ServiceAccount } from '../../api/types.gen.ts'

const annotation = 'kubernetes.io/enforce-mountable-secrets'
const trueTexts = ['1', 't', 'T', 'true', 'TRUE', 'True']

export function isLimited({ metadata }: ServiceAccount): boolean {
  return trueTexts.includes(metadata.annotations?.[annotation] ?? '')
}

/** The first Secret that the account does not list, in words; undefined when there is none. */
export function unlistedSecret(pod: DraftOf<Pod>, account: ServiceAccount): string | undefined {
  const { volumes = [], initContainers = [], containers = [] } = pod.spec ?? {}
  const pull = new Set((account.imagePullSecrets ?? []).map(({ name }) => name))
  const pulls = pod.spec?.imagePullSecrets ?? []
  const wrongPull = pulls.findIndex(({ name }) => !pull.has(name))
  const { name } = account.metadata
  return (
    unlistedVolume(volumes, account) ??
    unlistedInContainers('init container', initContainers, account) ??
    unlistedInContainers('container', containers, account) ??
    (wrongPull >= 0
      ? `imagePullSecrets[${wrongPull}].name="${pulls[wrongPull]?.name}" is not allowed because service account ${name} does not reference that imagePullSecret`
      : undefined)
  )
}

export function unlistedEphemeralSecret(
  { spec }: DraftOf<Pod>,
  account: ServiceAccount,
): string | undefined {
  return unlistedInContainers('ephemeral container', spec?.ephemeralContainers ?? [], account)
}

type Volumes = NonNullable<NonNullable<DraftOf<Pod>['spec']>['volumes']>

function unlistedVolume(volumes: Volumes, account: ServiceAccount): string | undefined {
  const wrong = volumes.find(({ secret }) => secret && !lists(account, secret.secretName))
  return wrong && refused(`volume with ${reference(wrong.secret?.secretName)}`, account)
}

function unlistedInContainers(
  what: string,
  containers: readonly DraftOf<Container | EphemeralContainer>[],
  account: ServiceAccount,
): string | undefined {
  for (const { name, env = [], envFrom = [] } of containers) {
    for (const { name: variable, valueFrom } of env) {
      const secret = valueFrom?.secretKeyRef
      if (secret && !lists(account, secret.name)) {
        const where = `${what} ${name} with envVar ${variable} referencing`
        return refused(`${where} ${reference(secret.name)}`, account)
      }
    }
    for (const { secretRef } of envFrom) {
      if (secretRef && !lists(account, secretRef.name)) {
        return refused(
          `${what} ${name} with envFrom referencing ${reference(secretRef.name)}`,
          account,
        )
      }
    }
  }
  return undefined
}

function lists({ secrets = [] }: ServiceAccount, secret: string | undefined): boolean {
  return secrets.some(({ name }) => name === secret)
}

function reference(name: string | undefined): string {
  return `secret.secretName="${name}"`
}

function refused(what: string, { metadata }: ServiceAccount): string {
  return `${what} is not allowed because service account ${metadata.name} does not reference that secret`
}
