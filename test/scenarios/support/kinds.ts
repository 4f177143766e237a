// What scenarios read of objects: the fields a test may take for granted.

interface Named {
  readonly name: string
  readonly deletionTimestamp?: string
}

export interface Node {
  readonly metadata: Named
  readonly status: { readonly conditions: readonly { type: string; status: string }[] }
}

export interface Pod {
  readonly metadata: Named
  readonly spec: { readonly nodeName: string }
  readonly status: {
    readonly phase: string
    readonly podIP: string
    readonly containerStatuses?: readonly {
      readonly restartCount: number
      readonly state?: { readonly waiting?: { readonly reason: string } }
    }[]
  }
}

export interface PodList {
  readonly items: readonly Pod[]
}

export interface Service {
  readonly metadata: Named
  readonly spec: {
    readonly clusterIP: string
    readonly ports: readonly { readonly port: number; readonly nodePort?: number }[]
  }
}
