// The context sampan-NAME: written to the cluster's folder and merged into the user's kubeconfig.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterFolder } from '../cluster/folders.ts'
import { requireCluster } from '../cluster/lifecycle.ts'
import { UserError } from '../cluster/user-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

export function contextName(cluster: string): string {
  return `sampan-${cluster}`
}

/** A kubeconfig that holds this cluster alone. */
export function kubeconfigFile({ root }: ClusterFolder): string {
  return join(root, 'kubeconfig')
}

export async function publishContext(
  cluster: string,
  { apiServerPort, env }: { readonly apiServerPort: number; readonly env: Environment },
): Promise<void> {
  const { folder, config } = await requireCluster(cluster)
  const [{ mergeContext }, { changeKubeconfig, kubeconfigPath }] = await kubeconfigModules()
  const pem = (file: string) => readFileSync(join(folder.pki, file), 'utf8')
  const context = {
    name: contextName(cluster),
    server: `https://${reachable(config.apiServer.address)}:${apiServerPort}`,
    ca: pem('ca.crt'),
    cert: pem('admin.crt'),
    key: pem('admin.key'),
  }
  writeFileSync(kubeconfigFile(folder), mergeContext('', context), { mode: 0o600 })
  const path = kubeconfigPath(env)
  try {
    changeKubeconfig(path, (text) => mergeContext(text, context))
  } catch (error) {
    throw new UserError(`${path}: ${error instanceof Error ? error.message : error}`)
  }
}

export async function withdrawContext(cluster: string, env: Environment): Promise<void> {
  const [{ removeContext }, { changeKubeconfig, kubeconfigPath }] = await kubeconfigModules()
  const path = kubeconfigPath(env)
  const name = contextName(cluster)
  // Most often there is nothing to remove, and a file that cannot be read is not ours to judge.
  if (!existsSync(path) || !readFileSync(path, 'utf8').includes(name)) return
  changeKubeconfig(path, (text) => removeContext(text, name))
}

/** YAML is slow to load, and most verbs need none. */
function kubeconfigModules() {
  return Promise.all([import('../client/kubeconfig.ts'), import('../client/kubeconfig-file.ts')])
}

/** An API server on every address is reached at the loopback one. */
function reachable(address: string): string {
  if (address === '0.0.0.0') return '127.0.0.1'
  if (address === '::') return '[::1]'
  return address.includes(':') ? `[${address}]` : address
}
