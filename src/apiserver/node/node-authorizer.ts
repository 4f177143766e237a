// What nodes may do: read what their own Pods need, and write what is their own. What admission can
// tell better than a path and a name is allowed here and left to NodeRestriction.

import type { PolicyRule } from '../../api/types.gen.ts'
import type { Authorizer, Decision } from '../rbac/authorizer.ts'
import { defaultClusterRoles } from '../rbac/default-roles.ts'
import { policyRule } from '../rbac/rule-text.ts'
import { type Attributes, ruleAllows } from '../rbac/rules.ts'
import type { NodeGraph, VertexType } from './node-graph.ts'
import { vertex } from './node-graph.ts'
import { nodeNameOf } from './node-identity.ts'

const nodeRules: readonly PolicyRule[] = defaultClusterRoles
  .filter(({ name }) => name === 'system:node')
  .flatMap(({ rules }) => rules.map(policyRule))

const allowed: Decision = { allowed: true, reason: '' }
const denied = (reason = ''): Decision => ({ allowed: false, reason })

interface Asking {
  readonly node: string
  readonly asked: Attributes
  readonly graph: NodeGraph
}

type Judge = (asking: Asking) => Decision

/** By group/resource; everything else is judged by the rules of the role system:node. */
const judges: Readonly<Record<string, Judge>> = {
  '/secrets': (asking) => readOne('secret', asking),
  '/configmaps': (asking) => readOne('configmap', asking),
  '/persistentvolumeclaims': (asking) =>
    asking.asked.subresource === 'status'
      ? updateStatus('persistentvolumeclaim', asking)
      : get('persistentvolumeclaim', asking),
  '/persistentvolumes': (asking) => get('persistentvolume', asking),
  'resource.k8s.io/resourceclaims': (asking) => get('resourceclaim', asking),
  'storage.k8s.io/volumeattachments': (asking) => get('volumeattachment', asking),
  '/serviceaccounts': createToken,
  'coordination.k8s.io/leases': ownLease,
  'storage.k8s.io/csinodes': ownCsiNode,
  'resource.k8s.io/resourceslices': ownSlices,
  '/nodes': ownNode,
  '/pods': ownPods,
}

export function createNodeAuthorizer(graph: NodeGraph): Authorizer {
  return {
    authorize(user, asked) {
      const node = nodeNameOf(user)
      if (node === undefined) return denied()
      if (node === '') return denied(`unknown node for user ${JSON.stringify(user.name)}`)
      const judge = asked.isResourceRequest ? judges[`${asked.group}/${asked.resource}`] : undefined
      if (judge) return judge({ node, asked, graph })
      return nodeRules.some((rule) => ruleAllows(rule, asked)) ? allowed : denied()
    },
    rulesFor: (user) => ({
      rules: [],
      errors:
        nodeNameOf(user) === undefined
          ? []
          : ['node authorizer does not support user rule resolution'],
    }),
  }
}

function related(type: VertexType, { node, asked, graph }: Asking): Decision {
  if (!asked.name) return denied('No Object name found')
  return graph.reaches(node, vertex(type, asked.namespace, asked.name))
    ? allowed
    : denied(`no relationship found between node '${node}' and this object`)
}

function readOne(type: VertexType, asking: Asking): Decision {
  const { verb, subresource, namespace } = asking.asked
  if (!['get', 'list', 'watch'].includes(verb)) {
    return denied('can only read resources of this type')
  }
  if (subresource) return denied('cannot read subresource')
  if (!namespace) return denied('can only read namespaced object of this type')
  return related(type, asking)
}

function get(type: VertexType, asking: Asking): Decision {
  const { verb, subresource } = asking.asked
  if (verb !== 'get') return denied('can only get individual resources of this type')
  if (subresource) return denied('cannot get subresource')
  return related(type, asking)
}

function updateStatus(type: VertexType, asking: Asking): Decision {
  const { verb } = asking.asked
  if (verb !== 'update' && verb !== 'patch') return denied('can only get/update/patch this type')
  return related(type, asking)
}

function createToken(asking: Asking): Decision {
  const { verb, name, subresource } = asking.asked
  if (verb !== 'create' || !name) {
    return denied('can only create tokens for individual service accounts')
  }
  if (subresource !== 'token') return denied('can only create token subresource of serviceaccount')
  return related('serviceaccount', asking)
}

const ownVerbs = ['get', 'create', 'update', 'patch', 'delete']

function ownLease({ node, asked: { verb, namespace, name } }: Asking): Decision {
  if (!ownVerbs.includes(verb)) {
    return denied('can only get, create, update, patch, or delete a node lease')
  }
  if (namespace !== 'kube-node-lease') {
    return denied('can only access leases in the "kube-node-lease" system namespace')
  }
  // The name in a body that is created is admission's to check.
  if (verb !== 'create' && name !== node) {
    return denied('can only access node lease with the same name as the requesting node')
  }
  return allowed
}

function ownCsiNode({ node, asked: { verb, subresource, name } }: Asking): Decision {
  if (!ownVerbs.includes(verb)) {
    return denied('can only get, create, update, patch, or delete a CSINode')
  }
  if (subresource) return denied('cannot authorize CSINode subresources')
  if (verb !== 'create' && name !== node) {
    return denied('can only access CSINode with the same name as the requesting node')
  }
  return allowed
}

function ownSlices(asking: Asking): Decision {
  const { verb, subresource } = asking.asked
  if (subresource) return denied('cannot authorize ResourceSlice subresources')
  if (verb === 'create') return allowed
  if (ownVerbs.includes(verb)) return related('resourceslice', asking)
  if (!['watch', 'list', 'deletecollection'].includes(verb)) {
    return denied(
      'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection',
    )
  }
  return selects('nodeName', asking)
    ? allowed
    : denied('can only list/watch/deletecollection resourceslices with nodeName field selector')
}

/** A node's own Node may be read before it exists. */
function ownNode({ node, asked: { verb, subresource, name } }: Asking): Decision {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allowed : denied()
  if (subresource) return denied()
  if (['create', 'update', 'patch'].includes(verb)) return allowed
  if (!['get', 'list', 'watch'].includes(verb)) return denied()
  if (name === node) return allowed
  return denied(
    name
      ? `node '${node}' cannot read '${name}', only its own Node object`
      : `node '${node}' cannot read all nodes, only its own Node object`,
  )
}

function ownPods(asking: Asking): Decision {
  const { verb, subresource, name } = asking.asked
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allowed : denied()
  if (subresource === 'eviction') return verb === 'create' ? allowed : denied()
  if (subresource) return denied()
  if (verb === 'create' || verb === 'delete') return allowed
  if (verb === 'get') return related('pod', asking)
  if (verb !== 'list' && verb !== 'watch') return denied()
  if (selects('spec.nodeName', asking)) return allowed
  if (name) return related('pod', asking)
  return denied('can only list/watch pods with spec.nodeName field selector')
}

function selects(wanted: string, { node, asked }: Asking): boolean {
  return (asked.fieldSelector ?? []).some(
    ({ field, operator, value }) => field === wanted && operator === '=' && value === node,
  )
}
