// Table: the controllers of a cluster, one entry each, in the order in which they start.

import { type AnyController, type Controller, wantsOf } from '../client/controller.ts'
import { runController } from '../client/controller-runner.ts'
import type { Want } from '../client/informers.ts'
import { deploymentController } from './deployment/deployment.ts'
import { endpointsController } from './endpoints/endpoints.ts'
import { endpointSliceController } from './endpointslice/endpointslice.ts'
import { endpointSliceMirroringController } from './endpointslice-mirroring/endpointslice-mirroring.ts'
import { runNamespaceController } from './namespace/namespace.ts'
import { replicaSetController, replicationController } from './replicaset/replicaset.ts'
import { rootCaPublisher } from './root-ca/root-ca.ts'
import { serviceAccountController } from './serviceaccount/serviceaccount.ts'
import type { ControllersShell } from './start.ts'

export interface ControllerEntry {
  /** As upstream names it; flags and logs use it. */
  readonly name: string
  /** The ServiceAccount of kube-system as which it works: its role allows what it does. */
  readonly account: string
  readonly wants: readonly Want[]
  /** Resolves when the signal has aborted and all its work has ended. */
  run(shell: ControllersShell): Promise<void>
}

const planned = <O>(controller: Controller<O>, account = controller.name): ControllerEntry => ({
  name: controller.name,
  account,
  wants: wantsOf(controller as unknown as AnyController),
  run: (shell) => runController(controller, shell),
})

export const controllers: readonly ControllerEntry[] = [
  planned(serviceAccountController, 'service-account-controller'),
  {
    name: 'root-ca-certificate-publisher',
    account: 'root-ca-cert-publisher',
    wants: [{ kind: 'Namespace' }, { kind: 'ConfigMap' }],
    run: (shell) => runController(rootCaPublisher(shell.rootCa), shell),
  },
  planned(deploymentController),
  planned(replicaSetController),
  planned(replicationController),
  planned(endpointsController),
  planned(endpointSliceController, 'endpointslice-controller'),
  planned(endpointSliceMirroringController, 'endpointslicemirroring-controller'),
  {
    name: 'namespace-controller',
    account: 'namespace-controller',
    wants: [{ kind: 'Namespace' }, { kind: 'Pod' }],
    run: runNamespaceController,
  },
]

export const controllerWants: readonly Want[] = controllers.flatMap(({ wants }) => wants)
