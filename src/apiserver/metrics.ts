// Request counts and latencies in Prometheus' text form, under upstream's names.

import type { Filter } from '../lib/chain.ts'
import { textAnswer } from './answer.ts'
import type { ChainRequest, RequestHandler } from './chain-request.ts'
import type { ServerResponse } from './request.ts'

export interface Metrics {
  readonly filter: Filter<ChainRequest, ServerResponse>
  readonly serve: RequestHandler
}

/** Upper bounds in seconds, a selection of upstream's. */
const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 5, 10, 30, 60]

/** Label values come from requests; beyond this many combinations new ones are not counted. */
const seriesLimit = 5_000

interface Series {
  count: number
  sumSeconds: number
  readonly upTo: number[]
}

export function createMetrics(nowMs: () => number): Metrics {
  const requests = new Map<string, number>()
  const durations = new Map<string, Series>()
  let underWay = 0
  const observe = (labels: string, seconds: number) => {
    const series = durations.get(labels) ?? { count: 0, sumSeconds: 0, upTo: buckets.map(() => 0) }
    durations.set(labels, series)
    series.count++
    series.sumSeconds += seconds
    const first = buckets.findIndex((bound) => seconds <= bound)
    if (first >= 0) series.upTo[first] = (series.upTo[first] ?? 0) + 1
  }
  return {
    async filter(request, next) {
      const startMs = nowMs()
      underWay++
      try {
        const answer = await next(request)
        const labels = labelsOf(request)
        const code = 'upgrade' in answer ? 101 : answer.status
        if (requests.size >= seriesLimit) return answer
        const counted = `${labels},code="${code}"`
        requests.set(counted, (requests.get(counted) ?? 0) + 1)
        observe(labels, (nowMs() - startMs) / 1000)
        return answer
      } finally {
        underWay--
      }
    },
    serve: async () => {
      const answer = textAnswer(200, render(requests, durations, underWay))
      const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }
      return { ...answer, headers }
    },
  }
}

function labelsOf({ info }: ChainRequest): string {
  const { group, version, resource, subresource, isResourceRequest } = info
  const scope = !isResourceRequest
    ? ''
    : info.name
      ? 'resource'
      : info.namespace
        ? 'namespace'
        : 'cluster'
  const named = isResourceRequest
    ? { group, version, resource, subresource }
    : { group: '', version: '', resource: '', subresource: '' }
  const labels = { verb: info.verb.toUpperCase(), scope, ...named }
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, '_')}"`)
    .join(',')
}

function render(
  requests: ReadonlyMap<string, number>,
  durations: ReadonlyMap<string, Series>,
  underWay: number,
): string {
  const counter = 'apiserver_request_total'
  const histogram = 'apiserver_request_duration_seconds'
  return [
    `# HELP ${counter} Requests answered, by verb, resource and HTTP code.`,
    `# TYPE ${counter} counter`,
    ...[...requests].map(([labels, count]) => `${counter}{${labels}} ${count}`),
    `# HELP ${histogram} How long requests took, in seconds.`,
    `# TYPE ${histogram} histogram`,
    ...[...durations].flatMap(([labels, series]) => histogramLines(histogram, labels, series)),
    '# HELP apiserver_current_inflight_requests Requests under way.',
    '# TYPE apiserver_current_inflight_requests gauge',
    `apiserver_current_inflight_requests ${underWay}`,
    '# HELP process_resident_memory_bytes Resident memory of the process.',
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    '# HELP process_cpu_seconds_total CPU time of the process.',
    '# TYPE process_cpu_seconds_total counter',
    `process_cpu_seconds_total ${cpuSeconds()}`,
    '',
  ].join('\n')
}

function histogramLines(name: string, labels: string, series: Series): readonly string[] {
  let below = 0
  return [
    ...buckets.map((bound, index) => {
      below += series.upTo[index] ?? 0
      return `${name}_bucket{${labels},le="${bound}"} ${below}`
    }),
    `${name}_bucket{${labels},le="+Inf"} ${series.count}`,
    `${name}_sum{${labels}} ${series.sumSeconds}`,
    `${name}_count{${labels}} ${series.count}`,
  ]
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
