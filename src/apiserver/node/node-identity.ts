// Which users are nodes: members of system:nodes whose name says which node they are.

import type { UserInfo } from '../request.ts'

const nodesGroup = 'system:nodes'
const userPrefix = 'system:node:'

/** The node's name, which may be ''; undefined for anybody who is no node. */
export function nodeNameOf({ name, groups }: UserInfo): string | undefined {
  const isNode = name.startsWith(userPrefix) && groups.includes(nodesGroup)
  return isNode ? name.slice(userPrefix.length) : undefined
}
