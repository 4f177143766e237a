// What the runtime has of one Pod: its sandboxes and containers, newest first.

import { type ContainerStatus, CriError, type RuntimeService } from '../../cri/cri.ts'
import { terminationLogPath, terminationMessage } from '../containers/termination-message.ts'
import { label } from './labels.ts'
import type { PodRuntime } from './observed.ts'

export interface RuntimeReader {
  read(podUid: string): Promise<PodRuntime>
}

/** `messages` of ended containers are read once: they cannot change any more. */
export function createRuntimeReader(
  runtime: RuntimeService,
  node: string,
  podDirectory: string,
): RuntimeReader {
  const messages = new Map<string, string>()

  async function withMessage(status: ContainerStatus): Promise<ContainerStatus> {
    if (status.state !== 'EXITED') return status
    const { id, metadata } = status
    const file = terminationLogPath(podDirectory, metadata.name, metadata.attempt)
    const message = messages.get(id) ?? (await terminationMessage(status, file))
    messages.set(id, message)
    return { ...status, message }
  }

  return {
    async read(podUid) {
      const isOurs = ({ labels }: { readonly labels: Readonly<Record<string, string>> }) =>
        labels[label.podUid] === podUid && labels[label.node] === node
      const [listedSandboxes, listedContainers] = await Promise.all([
        runtime.listPodSandbox(),
        runtime.listContainers(),
      ])
      const [sandboxes, containers] = await Promise.all([
        found(listedSandboxes.filter(isOurs), ({ id }) => runtime.podSandboxStatus(id)),
        found(listedContainers.filter(isOurs), ({ id }) => runtime.containerStatus(id)),
      ])
      const present = new Set(containers.map(({ id }) => id))
      for (const id of messages.keys()) if (!present.has(id)) messages.delete(id)
      return {
        sandboxes: newestFirst(sandboxes),
        containers: newestFirst(await Promise.all(containers.map(withMessage))),
      }
    },
  }
}

/** Without those that went between the list and the question. */
async function found<T, S>(
  listed: readonly T[],
  ask: (entry: T) => Promise<S>,
): Promise<readonly S[]> {
  const answers = await Promise.all(
    listed.map((entry) =>
      ask(entry).catch((error: unknown) => {
        if (error instanceof CriError && error.code === 'NotFound') return undefined
        throw error
      }),
    ),
  )
  return answers.filter((answer) => answer !== undefined)
}

function newestFirst<T extends { createdAtMs: number; metadata: { attempt: number } }>(
  entries: readonly T[],
): readonly T[] {
  return entries.toSorted(
    (a, b) => b.createdAtMs - a.createdAtMs || b.metadata.attempt - a.metadata.attempt,
  )
}
