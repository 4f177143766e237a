// What only an administrator may say of a node: the labels of its role, as kubeadm sets them.

import { mayKubeletSet } from '../api/kubelet-labels.ts'
import type { Client } from '../client/client.ts'
import type { NodeConfig } from '../cluster/config.ts'

export async function markNode(client: Client, { name, labels }: NodeConfig): Promise<void> {
  const marks = Object.entries(labels).filter(([label]) => !mayKubeletSet(label))
  if (marks.length === 0) return
  const patch = { metadata: { labels: Object.fromEntries(marks) } }
  await client.patch('Node', { name }, patch, { type: 'merge' })
}
