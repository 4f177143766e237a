// Records as CRI shows them. Pure.

import type { Container, ContainerState, ContainerStatus } from '../../cri/cri.ts'
import type { ContainerRecord } from '../world.ts'

const states: Readonly<Record<ContainerRecord['state'], ContainerState>> = {
  CREATED: 'CREATED',
  STARTING: 'CREATED',
  RUNNING: 'RUNNING',
  EXITED: 'EXITED',
}

export function containerSummary(record: ContainerRecord): Container {
  const { id, sandboxId, config, imageId, createdAtMs } = record
  const { metadata, image, labels, annotations } = config
  return {
    id,
    podSandboxId: sandboxId,
    metadata,
    image,
    imageId,
    state: states[record.state],
    createdAtMs,
    labels,
    annotations,
  }
}

export function containerStatus(record: ContainerRecord): ContainerStatus {
  const { startedAtMs, finishedAtMs, exitCode, reason, message, logPath, imageRef } = record
  const { uid, gid, additionalGids } = record.user
  return {
    ...containerSummary(record),
    startedAtMs,
    finishedAtMs,
    exitCode,
    reason,
    message,
    logPath,
    imageRef,
    user: { uid, gid, supplementalGroups: additionalGids },
    resources: record.resources,
  }
}
