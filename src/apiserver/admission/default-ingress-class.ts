// DefaultIngressClass: an Ingress that names no class gets the one marked as default, if any.

import { draftAs } from '../../api/draft.ts'
import type { Ingress } from '../../api/types.gen.ts'
import { type AdmissionPlugin, isAbout } from './admission.ts'
import { newestMarked } from './newest-marked.ts'

export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  handles: (request) =>
    request.operation === 'CREATE' && isAbout(request, 'networking.k8s.io', 'ingresses'),
  async mutate({ object }, { cluster }) {
    const ingress = draftAs<Ingress>(object ?? {})
    const legacy = ingress.metadata?.annotations?.['kubernetes.io/ingress.class']
    if (ingress.spec?.ingressClassName !== undefined || legacy !== undefined) return
    const found = newestMarked(
      await cluster.list('IngressClass'),
      'ingressclass.kubernetes.io/is-default-class',
    )
    if (found) ingress.spec = { ...ingress.spec, ingressClassName: found.metadata.name }
  },
}
