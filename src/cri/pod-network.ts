// How a runtime gives a sandbox its network: what a CNI plugin's ADD and DEL do, in process.

import type { PortMapping } from './cri.ts'

export interface SandboxNetwork {
  readonly sandboxId: string
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** File of the sandbox's network namespace; it exists before add() and after remove(). */
  readonly netnsPath: string
  readonly portMappings: readonly PortMapping[]
}

export interface PodNetwork {
  /** Gives the namespace lo, eth0, an address and routes. Repeating it gives the same answer. */
  add(sandbox: SandboxNetwork): Promise<{ readonly ips: readonly string[] }>
  /** Takes all of it away; also where add() never ran or failed half way. */
  remove(sandbox: SandboxNetwork): Promise<void>
  /** False with a reason until Pods can be given a network. */
  ready(): { readonly ready: boolean; readonly message: string }
}
