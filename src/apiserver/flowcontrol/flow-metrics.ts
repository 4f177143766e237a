// The numbers of priority and fairness under upstream's names.

import type { Family, Sample } from '../metrics/exposition.ts'
import type { FlowControl } from './flow-control.ts'
import type { FlowCounts } from './flow-counts.ts'

const prefix = 'apiserver_flowcontrol_'

export function flowMetrics(control: FlowControl): readonly Family[] {
  const flows = control.flows().map(({ schema, level, counts }) => ({
    labels: { priority_level: level.name, flow_schema: schema.name },
    counts,
  }))
  const ofFlows = (read: (counts: FlowCounts) => Sample['value']): readonly Sample[] =>
    flows.map(({ labels, counts }) => ({ labels, value: read(counts) }))
  const ofLevels = (read: (level: Level) => number): readonly Sample[] =>
    control.levels().map((level) => ({
      labels: { priority_level: level.name },
      value: read(level),
    }))
  const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
    ...{ name: `${prefix}${name}`, type: 'gauge', help, samples },
  })
  return [
    {
      name: `${prefix}dispatched_requests_total`,
      type: 'counter',
      help: 'Requests that were started.',
      samples: ofFlows(({ dispatched }) => dispatched),
    },
    {
      name: `${prefix}rejected_requests_total`,
      type: 'counter',
      help: 'Requests that were refused.',
      samples: flows.flatMap(({ labels, counts }) =>
        [...counts.refused].map(([reason, value]) => ({ labels: { ...labels, reason }, value })),
      ),
    },
    gauge(
      'current_inqueue_requests',
      'Requests that wait.',
      ofFlows(({ queued }) => queued),
    ),
    gauge(
      'current_inqueue_seats',
      'Seats waited for.',
      ofFlows(({ queuedSeats }) => queuedSeats),
    ),
    gauge(
      'current_executing_requests',
      'Requests under way.',
      ofFlows(({ executing }) => executing),
    ),
    gauge(
      'current_executing_seats',
      'Seats in use.',
      ofFlows(({ executingSeats }) => executingSeats),
    ),
    gauge(
      'nominal_limit_seats',
      'Seats of a level by its shares.',
      ofLevels(({ limits }) => limits.nominal),
    ),
    gauge(
      'lower_limit_seats',
      'Seats that a level never lends.',
      ofLevels(({ limits }) => limits.nominal - limits.lendable),
    ),
    gauge(
      'upper_limit_seats',
      'Most seats that a level may have.',
      ofLevels(({ limits }) => (Number.isFinite(limits.most) ? limits.most : control.seats)),
    ),
    gauge('current_limit_seats', 'Seats that a level may have now.', ofLevels(limitOf(control))),
    {
      name: `${prefix}request_wait_duration_seconds`,
      type: 'histogram',
      help: 'How long requests waited.',
      samples: flows.flatMap(({ labels, counts }) => [
        { labels: { ...labels, execute: 'true' }, value: counts.waitedSeconds },
        { labels: { ...labels, execute: 'false' }, value: counts.refusedAfterSeconds },
      ]),
    },
    {
      name: `${prefix}request_execution_seconds`,
      type: 'histogram',
      help: 'How long requests took once they were started.',
      samples: ofFlows(({ executionSeconds }) => executionSeconds),
    },
  ]
}

type Level = ReturnType<FlowControl['levels']>[number]

function limitOf(control: FlowControl): (level: Level) => number {
  return (level) => control.limitOf(level)
}
