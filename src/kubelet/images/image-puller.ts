// Makes an image present on the node, once for all who ask at the same time. In: a Pod and one of
// its containers. Out: the image, or an ImageFailure with the reason and text a status shows.

import type { Container, Pod, Secret } from '../../api/types.gen.ts'
import type { AuthConfig, Image, ImageService } from '../../cri/cri.ts'
import type { Clock } from '../../lib/clock.ts'
import type { ObjectReader } from '../objects.ts'
import { type BackOff, backOffEnd, nextBackOff } from '../pod/back-off.ts'
import type { PodEvents } from '../pod/events.ts'
import { defaultPolicy, isValidReference, pullDecision, spanText } from './pull-policy.ts'
import { credentialsFor } from './pull-secrets.ts'

export class ImageFailure extends Error {
  readonly reason: string
  readonly retryAtMs: number
  /** What the wait is called after the failure itself. */
  readonly afterwards: { readonly reason: string; readonly message: string } | undefined

  constructor(
    reason: string,
    message: string,
    retry: { readonly atMs: number; readonly afterwards?: ImageFailure['afterwards'] },
  ) {
    super(message)
    this.name = 'ImageFailure'
    this.reason = reason
    this.retryAtMs = retry.atMs
    this.afterwards = retry.afterwards
  }
}

export interface ImagePuller {
  ensure(pod: Pod, container: Container, events: PodEvents): Promise<Image>
}

export interface ImagePullerSettings {
  readonly images: ImageService
  readonly objects: ObjectReader
  readonly clock: Clock
  /** How many images are pulled at once; further ones wait their turn. */
  readonly parallel?: number
}

/** How soon a container is tried again whose image cannot even be asked for. */
const soonMs = 10_000
/** For a registry's answer about an image that is there already. */
const patienceMs = 5000
/** Back-offs remembered; the oldest go first. */
const mostBackOffs = 1000

export function createImagePuller(settings: ImagePullerSettings): ImagePuller {
  const { images, clock, parallel = 5 } = settings
  const backOffs = new Map<string, BackOff & { readonly failedAtMs: number }>()
  const pulls = new Map<string, Promise<void>>()
  const turn = createTurns(parallel)
  const nowMs = () => clock.now().getTime()

  async function pull(pod: Pod, image: string): Promise<void> {
    const credentials = credentialsFor(image, await pullSecrets(pod, settings.objects))
    const key = `${image} ${JSON.stringify(credentials)}`
    const running = pulls.get(key) ?? turn(() => pullWithAny(images, image, credentials))
    pulls.set(key, running)
    await running.finally(() => pulls.delete(key))
  }

  /** With the image there, a registry that does not answer is not waited for. */
  async function withinLimit(pulling: Promise<void>): Promise<void> {
    const stop = new AbortController()
    const limit = clock.sleep(patienceMs, stop.signal).then(() => {
      throw new Error('the registry does not answer')
    })
    limit.catch(() => {})
    pulling.catch(() => {})
    await Promise.race([pulling, limit]).finally(() => stop.abort())
  }

  function failure(key: string, image: string, error: unknown): ImageFailure {
    const atMs = nowMs()
    const before = backOffs.get(key)
    const next = nextBackOff(before, atMs, atMs)
    backOffs.delete(key)
    backOffs.set(key, { ...next, failedAtMs: atMs })
    for (const oldest of backOffs.keys()) {
      if (backOffs.size <= mostBackOffs) break
      backOffs.delete(oldest)
    }
    const text = error instanceof Error ? error.message : String(error)
    return new ImageFailure('ErrImagePull', text, {
      atMs: backOffEnd(next, atMs) ?? atMs,
      afterwards: {
        reason: 'ImagePullBackOff',
        message: `Back-off pulling image "${image}": ErrImagePull: ${text}`,
      },
    })
  }

  return {
    async ensure(pod, container, events) {
      const { image = '', imagePullPolicy = defaultPolicy(image) } = container
      const { name } = container
      if (!isValidReference(image)) {
        const text = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`
        events.warn('InspectFailed', text, name)
        throw new ImageFailure('InvalidImageName', text, { atMs: nowMs() + soonMs })
      }
      const present = await images.imageStatus({ image })
      const decision = pullDecision(imagePullPolicy, present !== undefined)
      if (decision === 'refuse') {
        const text = `Container image "${image}" is not present with pull policy of Never`
        events.warn('ErrImageNeverPull', text, name)
        throw new ImageFailure('ErrImageNeverPull', text, { atMs: nowMs() + soonMs })
      }
      if (decision === 'use' && present) {
        const text = `Container image "${image}" already present on machine and can be accessed by the pod`
        events.note('Pulled', text, name)
        return present
      }
      const key = `${pod.metadata.uid}_${image}`
      const askedAtMs = nowMs()
      events.note('Pulling', `Pulling image "${image}"`, name)
      try {
        await (present ? withinLimit(pull(pod, image)) : pull(pod, image))
        const pulled = await images.imageStatus({ image })
        if (!pulled) throw new Error(`image "${image}" is not there after it was pulled`)
        backOffs.delete(key)
        const took = spanText(nowMs() - askedAtMs)
        events.note(
          'Pulled',
          `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${pulled.sizeBytes} bytes.`,
          name,
        )
        return pulled
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        events.warn('Failed', `Failed to pull image "${image}": ${text}`, name)
        if (!present) throw failure(key, image, error)
        // Loaded from a file, there may be no registry that has it: what is here is used.
        events.note('Pulled', `Using the image "${image}" that is present on the machine`, name)
        return present
      }
    },
  }
}

/** The registry is asked with each set of credentials in turn, at last with none. */
async function pullWithAny(
  images: ImageService,
  image: string,
  credentials: readonly AuthConfig[],
): Promise<void> {
  let failure: unknown
  for (const auth of credentials) {
    try {
      await images.pullImage({ image }, auth)
      return
    } catch (error) {
      failure = error
    }
  }
  if (failure !== undefined) throw failure
  await images.pullImage({ image })
}

async function pullSecrets(
  { metadata, spec }: Pod,
  objects: ObjectReader,
): Promise<readonly Secret[]> {
  const { namespace = '' } = metadata
  const found = await Promise.all(
    (spec.imagePullSecrets ?? []).map(({ name = '' }) =>
      objects.find('Secret', { namespace, name }),
    ),
  )
  return found.flatMap((secret) => secret ?? [])
}

/** Lets `limit` run at once; the others wait in line. */
function createTurns(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
    running++
    try {
      return await work()
    } finally {
      running--
      waiting.shift()?.()
    }
  }
}
