// What the API server says of the nodes.

import { readFileSync } from 'node:fs'
import type { ClusterView } from '../cluster/lifecycle.ts'
import { UserError } from '../cluster/user-error.ts'
import { kubeconfigFile } from './publish-context.ts'

export interface NodeView {
  readonly name: string
  readonly role: string
  readonly address: string
  /** Ready, NotReady, Unknown, or Missing where the API server knows no such node. */
  readonly status: string
}

export async function nodeViews({
  config,
  folder,
  life,
  name,
}: ClusterView): Promise<readonly NodeView[]> {
  if (life === 'stopped') {
    throw new UserError(`the cluster "${name}" is stopped; sampan start --name ${name} runs it`)
  }
  const [{ readContext }, { httpsTransport }, { createClient }] = await Promise.all([
    import('../client/kubeconfig.ts'),
    import('../client/https-transport.ts'),
    import('../client/create-client.ts'),
  ])
  const context = readContext(readFileSync(kubeconfigFile(folder), 'utf8'), (path) =>
    readFileSync(path, 'utf8'),
  )
  const transport = httpsTransport(context)
  try {
    const { items } = await createClient(transport).list('Node')
    return config.nodes.map(({ name, role, address }) => {
      const node = items.find(({ metadata }) => metadata.name === name)
      const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status
      return { name, role, address, status: node ? statusWord(ready) : 'Missing' }
    })
  } finally {
    transport.close()
  }
}

function statusWord(ready: string | undefined): string {
  if (ready === 'True') return 'Ready'
  return ready === 'False' ? 'NotReady' : 'Unknown'
}
