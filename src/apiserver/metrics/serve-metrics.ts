// /metrics: what all parts count, asked when somebody scrapes.

import { kubernetesVersion } from '../../api/kubernetes-version.ts'
import { methodNotAllowed, textAnswer } from '../answer.ts'
import type { Audit } from '../audit/audit.ts'
import type { RequestHandler } from '../chain-request.ts'
import { type Collector, type Family, renderFamilies } from './exposition.ts'

const contentType = 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores'

export function serveMetrics(collectors: readonly Collector[]): RequestHandler {
  return async ({ method }) => {
    if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed()
    const families = await Promise.all(collectors.map(async (collect) => collect()))
    const answer = textAnswer(200, renderFamilies(families.flat()))
    return { ...answer, headers: { 'content-type': contentType } }
  }
}

export function buildInfo(): readonly Family[] {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(kubernetesVersion) ?? []
  const labels = { git_version: kubernetesVersion, major, minor, platform: platform() }
  return [
    {
      name: 'kubernetes_build_info',
      type: 'gauge',
      help: 'The version of Kubernetes that is served.',
      samples: [{ labels, value: 1 }],
    },
  ]
}

function platform(): string {
  return `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`
}

export function auditMetrics({ counts }: Audit): readonly Family[] {
  const counter = (name: string, help: string, value: number): Family => ({
    ...{ name: `apiserver_audit_${name}`, type: 'counter', help },
    samples: [{ labels: {}, value }],
  })
  return [
    counter('event_total', 'Audit events made.', counts.events),
    counter('requests_rejected_total', 'Requests refused for the audit log.', counts.refused),
    {
      name: 'apiserver_audit_error_total',
      type: 'counter',
      help: 'Audit events that were lost.',
      samples: [{ labels: { plugin: 'log' }, value: counts.lost }],
    },
    {
      name: 'apiserver_audit_level_total',
      type: 'counter',
      help: 'Requests by the level at which they are audited.',
      samples: [...counts.levels].map(([level, value]) => ({ labels: { level }, value })),
    },
  ]
}
