// What the command line asks of a running cluster's agent, over a socket in the cluster's folder
// (mode 0600): HTTP/1.1, JSON, and JSON lines where something takes time.

import type { PublishedPort } from './config.ts'

export interface ImageView {
  readonly id: string
  readonly tags: readonly string[]
  readonly digests: readonly string[]
  readonly sizeBytes: number
}

/** Lines of a long answer; the last one is `done` or `failed`. */
export type ControlLine =
  | { readonly progress: string }
  | { readonly done: unknown }
  | { readonly failed: string }

/** What the agent does for the command line. Errors' messages are for the user. */
export interface Control {
  /** A docker-archive, OCI archive or layout (tar; gzip or zstd). Resolves with the image names. */
  loadImages(
    archive: AsyncIterable<Uint8Array>,
    onProgress: (text: string) => void,
  ): Promise<readonly string[]>
  pullImage(image: string, onProgress: (text: string) => void): Promise<string>
  listImages(): Promise<readonly ImageView[]>
  removeImage(image: string): Promise<void>
  listPorts(): Promise<readonly PublishedPort[]>
  /** Resolves with the port as opened: the host's choice in place of 0. */
  addPort(port: PublishedPort): Promise<PublishedPort>
  removePort(listenAddress: string, hostPort: number): Promise<void>
  stopNode(name: string): Promise<void>
  startNode(name: string): Promise<void>
}
