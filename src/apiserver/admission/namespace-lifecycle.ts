// NamespaceLifecycle: nothing new in a namespace that is not there or is going away, and the
// namespaces every cluster needs stay.

import type { StatusError } from '../../api/status-error.ts'
import { forbidden, notFound } from '../registry/errors.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'

const immortal = new Set(['default', 'kube-system', 'kube-public'])
const namespaces = { group: '', plural: 'namespaces' }

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  handles: ({ operation, resource, namespace }) =>
    isNamespaces(resource.entry)
      ? operation === 'DELETE'
      : namespace !== '' && (operation === 'CREATE' || operation === 'UPDATE'),
  async mutate(request, { cluster }) {
    const { resource, namespace, name, operation, subresource } = request
    if (isNamespaces(resource.entry)) {
      if (immortal.has(name)) throw forbidden(namespaces, name, 'this namespace may not be deleted')
      return
    }
    // Asking about access is no content; what exists may still change.
    if (isAccessReview(request) || operation === 'UPDATE') return
    const found = await cluster.get('Namespace', { name: namespace })
    if (!found) throw notFound(namespaces, namespace)
    const isEnding = found.metadata.deletionTimestamp || found.status?.phase === 'Terminating'
    if (isEnding && subresource === '') throw terminating(request)
  },
}

function isNamespaces({ group, plural }: { readonly group: string; readonly plural: string }) {
  return plural === 'namespaces' && group === ''
}

function isAccessReview({ resource }: AdmissionRequest): boolean {
  return (
    resource.entry.group === 'authorization.k8s.io' &&
    resource.entry.plural === 'localsubjectaccessreviews'
  )
}

function terminating({ resource, namespace, name }: AdmissionRequest): StatusError {
  return forbidden(
    resource.entry,
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
    [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  )
}
