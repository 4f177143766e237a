// Plan: kubeadm patches of a kind file -> what of them a cluster without kubeadm can honour: node
// labels and taints of a nodeRegistration, the cluster's DNS domain, and settings of the API server.

import { parseAllDocuments } from 'yaml'
import { type ApiServerVolume, type ApiServerWish, apiServerSettings } from './api-server-args.ts'
import type { NodeTaint } from './config.ts'
import type { KindCluster, KindNode } from './kind-shape.ts'
import { UserError } from './user-error.ts'

export interface KubeadmWishes {
  readonly labels: Readonly<Record<string, string>>
  /** Absent: the usual ones. */
  readonly taints: readonly NodeTaint[] | undefined
}

export interface ClusterWishes {
  /** One entry a node. */
  readonly nodes: readonly KubeadmWishes[]
  readonly domain: string | undefined
  readonly apiServer: ApiServerWish
  readonly warnings: readonly string[]
}

type Fields = Readonly<Record<string, unknown>>

interface Patch {
  readonly path: string
  readonly body: Fields
}

export function kubeadmWishes(
  kind: KindCluster | undefined,
  nodes: readonly KindNode[],
): ClusterWishes {
  const clusterPatches = patchesOf('kubeadmConfigPatches', kind?.kubeadmConfigPatches)
  const nodePatches = nodes.map((node, index) => [
    ...clusterPatches,
    ...patchesOf(`nodes[${index}].kubeadmConfigPatches`, node.kubeadmConfigPatches),
  ])
  const every = [...new Set([...clusterPatches, ...nodePatches.flat()])]
  const domain = every
    .map(({ body }) => fieldsOf(fieldsOf(body).networking).dnsDomain)
    .findLast((value) => typeof value === 'string')
  return {
    nodes: nodePatches.map((patches, index) => wishesOf(patches, index === 0)),
    domain: typeof domain === 'string' ? domain : undefined,
    apiServer: apiServerWish(every.map(({ body }) => fieldsOf(body.apiServer))),
    warnings: every.flatMap(({ path, body }) => warningsOf(path, body)),
  }
}

function patchesOf(path: string, texts: readonly string[] = []): readonly Patch[] {
  return texts.flatMap((text, index) =>
    [...parseAllDocuments(text)].map((document) => {
      const [error] = document.errors
      if (error) throw new UserError(`${path}[${index}]: ${error.message}`)
      return { path: `${path}[${index}]`, body: fieldsOf(document.toJS()) }
    }),
  )
}

/** InitConfiguration speaks to the first node, JoinConfiguration to the others. */
function wishesOf(patches: readonly Patch[], isFirst: boolean): KubeadmWishes {
  const wanted = isFirst ? 'InitConfiguration' : 'JoinConfiguration'
  const registrations = patches
    .filter(({ body }) => body.kind === wanted)
    .map(({ body }) => fieldsOf(body.nodeRegistration))
  const taints = registrations.map(({ taints }) => taints).findLast(Array.isArray)
  return {
    labels: Object.assign({}, ...registrations.map(labelsOf)),
    taints: taints?.map(taintOf),
  }
}

/** Of all patches, later ones first. */
function apiServerWish(patches: readonly Fields[]): ApiServerWish {
  const args = Object.assign({}, ...patches.map(({ extraArgs }) => argsOf(extraArgs)))
  const known = Object.entries<string>(args).filter(([name]) => name in apiServerSettings)
  return {
    args: Object.fromEntries(known),
    volumes: patches.flatMap(({ extraVolumes }) =>
      (Array.isArray(extraVolumes) ? extraVolumes : []).map(volumeOf),
    ),
  }
}

function volumeOf(volume: unknown): ApiServerVolume {
  const { hostPath, mountPath } = fieldsOf(volume)
  if (typeof hostPath !== 'string' || typeof mountPath !== 'string')
    throw new UserError('apiServer.extraVolumes: each needs a hostPath and a mountPath')
  return { hostPath, mountPath }
}

function labelsOf(registration: Fields): Readonly<Record<string, string>> {
  const text = argsOf(registration.kubeletExtraArgs)['node-labels']
  if (!text) return {}
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key = '', ...value] = pair.trim().split('=')
      return [key, value.join('=')]
    }),
  )
}

/** A map in kubeadm's v1beta3, a list of name and value in v1beta4. */
function argsOf(args: unknown): Readonly<Record<string, string>> {
  const entries = Array.isArray(args)
    ? args.map(fieldsOf).map(({ name, value }) => [String(name), value] as const)
    : Object.entries(fieldsOf(args))
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]))
}

function taintOf(taint: unknown): NodeTaint {
  const { key, value, effect } = fieldsOf(taint)
  if (
    typeof key !== 'string' ||
    (effect !== 'NoSchedule' && effect !== 'PreferNoSchedule' && effect !== 'NoExecute')
  ) {
    throw new UserError('nodeRegistration.taints: each needs a key and an effect')
  }
  return { key, effect, ...(typeof value === 'string' && { value }) }
}

const honoured: Readonly<Record<string, readonly string[]>> = {
  InitConfiguration: ['nodeRegistration'],
  JoinConfiguration: ['nodeRegistration'],
  ClusterConfiguration: ['networking', 'apiServer'],
}

function warningsOf(path: string, body: Fields): readonly string[] {
  const kind = String(body.kind ?? 'a patch without kind')
  const known = honoured[kind] ?? []
  const fields = [
    ...Object.keys(body).filter((field) => !['kind', 'apiVersion', ...known].includes(field)),
    ...leftovers('nodeRegistration', fieldsOf(body.nodeRegistration), [
      'taints',
      'kubeletExtraArgs',
    ]),
    ...leftovers('networking', fieldsOf(body.networking), ['dnsDomain']),
    ...leftovers('kubeletExtraArgs', argsOf(fieldsOf(body.nodeRegistration).kubeletExtraArgs), [
      'node-labels',
    ]),
    ...leftovers('apiServer', fieldsOf(body.apiServer), ['extraArgs', 'extraVolumes']),
    ...leftovers(
      'apiServer.extraArgs',
      argsOf(fieldsOf(body.apiServer).extraArgs),
      Object.keys(apiServerSettings),
    ),
  ]
  return fields.map(
    (field) => `${path}: ${kind} ${field} is ignored: no kubeadm sets this cluster up`,
  )
}

function leftovers(parent: string, fields: Fields, known: readonly string[]): readonly string[] {
  return Object.keys(fields)
    .filter((field) => !known.includes(field))
    .map((field) => `${parent}.${field}`)
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : {}
}
