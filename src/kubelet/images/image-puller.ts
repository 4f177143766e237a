// Makes an image present on the node, once for all who ask at the same time. In: a Pod and one of
// its containers. Out: the image, or an ImageFailure with the reason and text a status shows.

import type { Container, Pod, Secret } from '../../api/types.gen.ts'
import type { AuthConfig, Image, ImageService } from '../../cri/cri.ts'
import type { Clock } from '../../lib/clock.ts'
import type { ObjectReader } from '../objects.ts'
import { type BackOff, nextBackOff } from '../pod/back-off.ts'
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

export class ImagePuller {
  readonly #settings: ImagePullerSettings
  readonly #turn: <T>(work: () => Promise<T>) => Promise<T>
  readonly #pulls = new Map<string, Promise<void>>()
  /** By Pod and image. */
  readonly #backOffs = new Map<string, BackOff>()

  constructor(settings: ImagePullerSettings) {
    this.#settings = settings
    this.#turn = createTurns(settings.parallel ?? 5)
  }

  /** The image, present on the node; rejects with ImageFailure. */
  async ensure(pod: Pod, container: Container, events: PodEvents): Promise<Image> {
    const { image = '', imagePullPolicy = defaultPolicy(image), name } = container
    if (!isValidReference(image)) throw this.#refused('InvalidImageName', container, events)
    const present = await this.#settings.images.imageStatus({ image })
    const decision = pullDecision(imagePullPolicy, present !== undefined)
    if (decision === 'refuse') throw this.#refused('ErrImageNeverPull', container, events)
    if (decision === 'use' && present) {
      const text = `Container image "${image}" already present on machine and can be accessed by the pod`
      events.note('Pulled', text, name)
      return present
    }
    try {
      return await this.#pullAndTell(pod, container, { events, present })
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      events.warn('Failed', `Failed to pull image "${image}": ${text}`, name)
      if (!present) throw this.#failure(`${pod.metadata.uid}_${image}`, image, text)
      // Loaded from a file, there may be no registry that has it: what is here is used.
      events.note('Pulled', `Using the image "${image}" that is present on the machine`, name)
      return present
    }
  }

  #refused(reason: Refusal, { image = '', name }: Container, events: PodEvents): ImageFailure {
    const { event, text } = refusals[reason]
    const message = text(image)
    events.warn(event, message, name)
    return new ImageFailure(reason, message, { atMs: this.#nowMs() + soonMs })
  }

  async #pullAndTell(
    pod: Pod,
    { image = '', name }: Container,
    { events, present }: { readonly events: PodEvents; readonly present: Image | undefined },
  ): Promise<Image> {
    const askedAtMs = this.#nowMs()
    events.note('Pulling', `Pulling image "${image}"`, name)
    const pulling = this.#pull(pod, image)
    await (present ? this.#withinLimit(pulling) : pulling)
    const pulled = await this.#settings.images.imageStatus({ image })
    if (!pulled) throw new Error(`image "${image}" is not there after it was pulled`)
    this.#backOffs.delete(`${pod.metadata.uid}_${image}`)
    const took = spanText(this.#nowMs() - askedAtMs)
    const size = `Image size: ${pulled.sizeBytes} bytes.`
    const text = `Successfully pulled image "${image}" in ${took} (${took} including waiting). ${size}`
    events.note('Pulled', text, name)
    return pulled
  }

  /** Those who want the same image with the same credentials share one pull. */
  async #pull(pod: Pod, image: string): Promise<void> {
    const { images, objects } = this.#settings
    const credentials = credentialsFor(image, await pullSecrets(pod, objects))
    const key = `${image} ${JSON.stringify(credentials)}`
    const running =
      this.#pulls.get(key) ?? this.#turn(() => pullWithAny(images, image, credentials))
    this.#pulls.set(key, running)
    await running.finally(() => this.#pulls.delete(key))
  }

  /** With the image there, a registry that does not answer is not waited for. */
  async #withinLimit(pulling: Promise<void>): Promise<void> {
    const stop = new AbortController()
    const limit = this.#settings.clock.sleep(patienceMs, stop.signal).then(() => {
      throw new Error('the registry does not answer')
    })
    limit.catch(() => {})
    pulling.catch(() => {})
    await Promise.race([pulling, limit]).finally(() => stop.abort())
  }

  #failure(key: string, image: string, text: string): ImageFailure {
    const atMs = this.#nowMs()
    const next = nextBackOff(this.#backOffs.get(key), atMs, atMs)
    this.#backOffs.delete(key)
    this.#backOffs.set(key, next)
    for (const oldest of this.#backOffs.keys()) {
      if (this.#backOffs.size <= mostBackOffs) break
      this.#backOffs.delete(oldest)
    }
    const message = `Back-off pulling image "${image}": ErrImagePull: ${text}`
    return new ImageFailure('ErrImagePull', text, {
      atMs: atMs + next.delayMs,
      afterwards: { reason: 'ImagePullBackOff', message },
    })
  }

  #nowMs(): number {
    return this.#settings.clock.now().getTime()
  }
}

type Refusal = keyof typeof refusals

const refusals = {
  InvalidImageName: {
    event: 'InspectFailed',
    text: (image: string) =>
      `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`,
  },
  ErrImageNeverPull: {
    event: 'ErrImageNeverPull',
    text: (image: string) => `Container image "${image}" is not present with pull policy of Never`,
  },
} as const

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
