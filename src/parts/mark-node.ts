// What only an administrator may say of a node: the labels of its role, as kubeadm sets them.

import { mayKubeletSet } from '../api/kubelet-labels.ts'
import type { Client } from '../client/client.ts'
import type { NodeConfig } from '../cluster/config.ts'

/** `registered`: the node is in the API. */
export async function markNode(
  client: Client,
  { name, labels }: NodeConfig,
  registered: Promise<void>,
): Promise<void> {
  const marks = Object.entries(labels).filter(([label]) => !mayKubeletSet(label))
  if (marks.length === 0) return
  await registered
  const patch = { metadata: { labels: Object.fromEntries(marks) } }
  await client.patch('Node', { name }, patch, { type: 'merge' })
}
