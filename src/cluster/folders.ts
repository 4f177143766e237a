// Where a cluster keeps its files on this machine (ARCHITECTURE.md has the list).

import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'

export interface ClusterFolder {
  readonly root: string
  readonly config: string
  readonly state: string
  /** The ports published now, where they are no longer those of the config. */
  readonly ports: string
  readonly pki: string
  readonly store: string
  readonly images: string
  readonly runtime: string
  readonly nodes: string
  readonly logs: string
  /** How the agent reaches the supervisor, and the command line the agent. */
  readonly supervisorSocket: string
  readonly agentSocket: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** $SAMPAN_HOME, else $XDG_DATA_HOME/sampan, else ~/.local/share/sampan. */
export function sampanHome(env: Environment = process.env): string {
  if (env['SAMPAN_HOME']) return resolve(env['SAMPAN_HOME'])
  return join(env['XDG_DATA_HOME'] || join(env['HOME'] || homedir(), '.local/share'), 'sampan')
}

export function clustersFolder(env?: Environment): string {
  return join(sampanHome(env), 'clusters')
}

export function clusterFolder(name: string, env?: Environment): ClusterFolder {
  return folderAt(join(clustersFolder(env), name))
}

export function folderAt(root: string): ClusterFolder {
  return {
    root,
    config: join(root, 'cluster.json'),
    state: join(root, 'state.json'),
    ports: join(root, 'ports.json'),
    pki: join(root, 'pki'),
    store: join(root, 'store'),
    images: join(root, 'images'),
    runtime: join(root, 'runtime'),
    nodes: join(root, 'nodes'),
    logs: join(root, 'logs'),
    supervisorSocket: join(root, 'supervisor.sock'),
    agentSocket: join(root, 'agent.sock'),
  }
}

/** Names the cluster among those of all users and homes of this machine: cgroups need that. */
export function machineWideName({ root }: ClusterFolder): string {
  return `${basename(root)}-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`
}

/** Socket paths are limited to 107 bytes (unix(7)); a home that deep cannot hold a cluster. */
export function isTooDeep(folder: ClusterFolder): boolean {
  return Buffer.byteLength(folder.supervisorSocket) > 107
}

/** On the fabric's own tmpfs: what lives exactly as long as the fabric. */
export const runFolder = '/run/sampan'
