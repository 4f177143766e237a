// Counts of requests and how long they took, under upstream's names and labels. What is counted for a
// request is found by its kind of request in one look-up; labels are made once for each kind.

import type { Filter } from '../../lib/chain.ts'
import { type ChainRequest, headerOf } from '../chain-request.ts'
import { isLongRunning } from '../filters/long-running.ts'
import type { RequestInfo, ServerResponse } from '../request.ts'
import { type Family, Histogram, type Labels, type Sample } from './exposition.ts'
import type { ServedKinds } from './served-kinds.ts'
import { countedBody, eventBounds, eventFamilies } from './watch-events.ts'

export interface RequestMetrics {
  readonly filter: Filter<ChainRequest, ServerResponse>
  /** For requests without a connection, whose streams nobody sees end. */
  readonly inProcessFilter: Filter<ChainRequest, ServerResponse>
  families(): readonly Family[]
}

export interface RequestMetricsOptions {
  readonly nowMs: () => number
  /** Labels of resources that nobody serves are made up by clients. */
  readonly kinds: ServedKinds
}

/** Upper bounds in seconds, upstream's. */
const bounds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
]

/** Kinds of requests that are told apart; more are counted together. */
const mostSeries = 5_000

interface Series {
  readonly labels: Labels
  readonly codes: Map<number, number>
  readonly seconds: Histogram
  /** Streams under way. */
  running: number
  /** Sizes of the events sent; only watches have any. */
  readonly events: Histogram
}

export function createRequestMetrics({ nowMs, kinds }: RequestMetricsOptions): RequestMetrics {
  const all = new Map<string, Series>()
  const inFlight = { mutating: 0, readOnly: 0 }

  function seriesOf(request: ChainRequest): Series {
    const { info } = request
    const verb = verbOf(request)
    const key = `${verb} ${info.group}/${info.version}/${info.resource}/${info.subresource} ${scopeOf(info)}`
    return all.get(key) ?? addSeries(key, verb, info)
  }

  function addSeries(key: string, verb: string, info: RequestInfo): Series {
    if (info.isResourceRequest && kinds.isServed(info) && all.size < mostSeries) {
      const made = newSeries(labelsOf(verb, info))
      all.set(key, made)
      return made
    }
    const other = `${verb} other`
    const series = all.get(other) ?? newSeries(labelsOf(verb, undefined))
    all.set(other, series)
    return series
  }

  async function measure(
    request: ChainRequest,
    next: (request: ChainRequest) => Promise<ServerResponse>,
    countsStreams: boolean,
  ): Promise<ServerResponse> {
    const startMs = nowMs()
    const kind = isMutating(request.info) ? 'mutating' : 'readOnly'
    inFlight[kind]++
    try {
      const answer = await next(request)
      const series = seriesOf(request)
      const code = 'upgrade' in answer ? 101 : answer.status
      series.codes.set(code, (series.codes.get(code) ?? 0) + 1)
      series.seconds.observe((nowMs() - startMs) / 1000)
      if (countsStreams && code < 300 && isLongRunning(request.info, request.query))
        return countStream(series, request, answer)
      return answer
    } finally {
      inFlight[kind]--
    }
  }

  return {
    filter: (request, next) => measure(request, next, true),
    inProcessFilter: (request, next) => measure(request, next, false),
    families() {
      const known = [...all.values()]
      return [...families(known, inFlight), deprecatedFamily(known, kinds)]
    },
  }
}

/** The signal aborts when the connection is done with the request, however it ends. */
function countStream(
  series: Series,
  { signal }: ChainRequest,
  answer: ServerResponse,
): ServerResponse {
  if (signal.aborted) return answer
  series.running++
  signal.addEventListener('abort', () => series.running--, { once: true })
  if ('upgrade' in answer || !('pushTo' in answer.body)) return answer
  return { ...answer, body: countedBody(answer.body, series.events) }
}

function newSeries(labels: Labels): Series {
  return {
    labels,
    codes: new Map(),
    seconds: new Histogram(bounds),
    running: 0,
    events: new Histogram(eventBounds),
  }
}

const verbs: Readonly<Record<string, string>> = {
  create: 'POST',
  update: 'PUT',
  proxy: 'CONNECT',
}

function verbOf(request: ChainRequest): string {
  const { verb, subresource } = request.info
  if (verb === 'patch' && headerOf(request, 'content-type')?.startsWith('application/apply-patch'))
    return 'APPLY'
  if (subresource !== '' && verb !== 'watch' && connections.has(subresource)) return 'CONNECT'
  return verbs[verb] ?? verb.toUpperCase()
}

const connections = new Set(['attach', 'exec', 'portforward', 'proxy'])
const reading = new Set(['get', 'list', 'watch', 'head', 'options'])

function isMutating({ verb }: RequestInfo): boolean {
  return !reading.has(verb)
}

function scopeOf({ isResourceRequest, name, namespace, verb }: RequestInfo): string {
  if (!isResourceRequest) return ''
  if (name !== '' || verb === 'create') return 'resource'
  return namespace === '' ? 'cluster' : 'namespace'
}

function labelsOf(verb: string, info: RequestInfo | undefined): Labels {
  const { group = '', version = '', resource = '', subresource = '' } = info ?? {}
  const scope = info ? scopeOf(info) : ''
  return { component: 'apiserver', dry_run: '', group, resource, scope, subresource, verb, version }
}

function families(
  all: readonly Series[],
  inFlight: Readonly<Record<'mutating' | 'readOnly', number>>,
): readonly Family[] {
  const streams = all.filter(({ running }) => running > 0)
  return [
    ...eventFamilies(all),
    {
      name: 'apiserver_request_total',
      type: 'counter',
      help: 'Requests answered, by verb, resource and HTTP code.',
      samples: all.flatMap(({ labels, codes }) =>
        [...codes].map(([code, value]) => ({ labels: { code: String(code), ...labels }, value })),
      ),
    },
    {
      name: 'apiserver_request_duration_seconds',
      type: 'histogram',
      help: 'How long requests took, in seconds; of streams, until they began.',
      samples: all.map(({ labels, seconds }) => ({ labels, value: seconds })),
    },
    {
      name: 'apiserver_longrunning_requests',
      type: 'gauge',
      help: 'Streams under way, by verb and resource.',
      samples: streams.map(({ labels, running }): Sample => {
        const { dry_run: _none, ...shown } = labels
        return { labels: shown, value: running }
      }),
    },
    {
      name: 'apiserver_current_inflight_requests',
      type: 'gauge',
      help: 'Requests under way, those that write and those that read.',
      samples: Object.entries(inFlight).map(([request_kind, value]) => ({
        labels: { request_kind },
        value,
      })),
    },
  ]
}

/** Each once, whatever was done with it. */
function deprecatedFamily(all: readonly Series[], kinds: ServedKinds): Family {
  const found = new Map<string, Labels>()
  for (const { labels: requested } of all) {
    const { group = '', version = '', resource = '', subresource = '' } = requested
    if (!kinds.isDeprecated({ group, version, resource })) continue
    const labels = { group, removed_release: '', resource, subresource, version }
    found.set(`${group}/${version}/${resource}/${subresource}`, labels)
  }
  return {
    name: 'apiserver_requested_deprecated_apis',
    type: 'gauge',
    help: 'Deprecated resources that were asked for, and the release that is without them.',
    samples: [...found.values()].map((labels) => ({ labels, value: 1 })),
  }
}
