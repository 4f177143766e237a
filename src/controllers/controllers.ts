// Table: the controllers of a cluster, one entry each, in the order in which they start.

import type { Kind } from '../api/kinds.ts'
import { type AnyController, type Controller, wantsOf } from '../client/controller.ts'
import { runController } from '../client/controller-runner.ts'
import type { Want } from '../client/informers.ts'
import { bootstrapSigner } from './bootstrap-tokens/bootstrap-signer.ts'
import { tokenCleaner } from './bootstrap-tokens/token-cleaner.ts'
import { runCertificates } from './certificates/certificates.ts'
import { clusterRoleAggregation } from './clusterrole-aggregation/clusterrole-aggregation.ts'
import { cronJobController } from './cronjob/cronjob.ts'
import { daemonSetController } from './daemonset/daemonset.ts'
import { deploymentController } from './deployment/deployment.ts'
import { runDisruption } from './disruption/disruption.ts'
import { staleDisruption } from './disruption/stale-condition.ts'
import { endpointsController } from './endpoints/endpoints.ts'
import { endpointSliceController } from './endpointslice/endpointslice.ts'
import { endpointSliceMirroringController } from './endpointslice-mirroring/endpointslice-mirroring.ts'
import { runGarbageCollector } from './garbage-collector/garbage-collector.ts'
import { jobController } from './job/job.ts'
import { jobOrphans } from './job/orphans.ts'
import { runNamespaceController } from './namespace/namespace.ts'
import { nodeLifecycleController } from './node-lifecycle/node-lifecycle.ts'
import { runPodGc } from './pod-gc/pod-gc.ts'
import { replicaSetController, replicationController } from './replicaset/replicaset.ts'
import { runResourceQuota, watchedKinds } from './resourcequota/resourcequota.ts'
import { rootCaPublisher } from './root-ca/root-ca.ts'
import { serviceCidrController } from './service-cidr/service-cidr.ts'
import { legacyTokenCleaner } from './serviceaccount/legacy-token-cleaner.ts'
import { serviceAccountController } from './serviceaccount/serviceaccount.ts'
import { tokenSecrets } from './serviceaccount/token-secrets.ts'
import type { ControllersShell } from './start.ts'
import { statefulSetController } from './statefulset/statefulset.ts'
import { taintEvictionController } from './taint-eviction/taint-eviction.ts'
import { ttlAfterFinished } from './ttl-after-finished/ttl-after-finished.ts'
import { claimProtection, volumeProtection } from './volume-protection/volume-protection.ts'

export interface ControllerEntry {
  /** As upstream names it; the component of its events. */
  readonly name: string
  /**
   * The ServiceAccount of kube-system as which it works: its role allows what it does. '' for what
   * makes accounts usable in the first place, which works as the controller manager itself.
   */
  readonly account: string
  readonly wants: readonly Want[]
  /** Resolves when the signal has aborted and all its work has ended. */
  run(shell: ControllersShell): Promise<void>
}

const planned = <O>(account: string, controller: Controller<O>): ControllerEntry => ({
  name: controller.name,
  account,
  wants: wantsOf(controller as unknown as AnyController),
  run: (shell) => runController(controller, shell),
})

export const controllers: readonly ControllerEntry[] = [
  {
    name: 'node-controller',
    account: 'node-controller',
    wants: [{ kind: 'Node' }, { kind: 'Pod' }, { kind: 'Lease' }],
    run: (shell) => runController(nodeLifecycleController(shell.clock), shell),
  },
  planned('node-controller', taintEvictionController),
  planned('service-account-controller', serviceAccountController),
  {
    name: 'serviceaccount-token-controller',
    account: '',
    wants: [{ kind: 'Secret' }, { kind: 'ServiceAccount' }],
    async run(shell) {
      const { rootCa, signLegacyToken: sign } = shell
      if (sign) await runController(tokenSecrets({ rootCa, sign }), shell)
    },
  },
  planned('legacy-service-account-token-cleaner', legacyTokenCleaner),
  planned('bootstrap-signer', bootstrapSigner),
  planned('token-cleaner', tokenCleaner),
  {
    name: 'root-ca-certificate-publisher',
    account: 'root-ca-cert-publisher',
    wants: [{ kind: 'Namespace' }, { kind: 'ConfigMap' }],
    run: (shell) => runController(rootCaPublisher(shell.rootCa), shell),
  },
  planned('deployment-controller', deploymentController),
  planned('replicaset-controller', replicaSetController),
  planned('replication-controller', replicationController),
  planned('statefulset-controller', statefulSetController),
  planned('daemon-set-controller', daemonSetController),
  planned('job-controller', jobController),
  planned('job-controller', jobOrphans),
  planned('cronjob-controller', cronJobController),
  {
    name: 'controllermanager',
    account: 'disruption-controller',
    wants: [
      'PodDisruptionBudget',
      'Pod',
      'Deployment',
      'ReplicaSet',
      'StatefulSet',
      'ReplicationController',
    ].map((kind) => ({ kind: kind as Kind })),
    run: runDisruption,
  },
  planned('disruption-controller', staleDisruption),
  planned('endpoint-controller', endpointsController),
  planned('endpointslice-controller', endpointSliceController),
  planned('endpointslicemirroring-controller', endpointSliceMirroringController),
  {
    name: 'namespace-controller',
    account: 'namespace-controller',
    wants: [{ kind: 'Namespace' }, { kind: 'Pod' }],
    run: runNamespaceController,
  },
  {
    name: 'resourcequota-controller',
    account: 'resourcequota-controller',
    wants: [{ kind: 'ResourceQuota' }, ...watchedKinds.map((kind) => ({ kind }))],
    run: runResourceQuota,
  },
  {
    name: 'certificate-controller',
    account: 'certificate-controller',
    wants: [{ kind: 'CertificateSigningRequest' }],
    run: runCertificates,
  },
  planned('pvc-protection-controller', claimProtection),
  planned('pv-protection-controller', volumeProtection),
  planned('clusterrole-aggregation-controller', clusterRoleAggregation),
  planned('service-cidrs-controller', serviceCidrController),
  planned('ttl-after-finished-controller', ttlAfterFinished),
  {
    name: 'generic-garbage-collector',
    account: 'generic-garbage-collector',
    wants: [],
    run: runGarbageCollector,
  },
  {
    name: 'pod-garbage-collector',
    account: 'pod-garbage-collector',
    wants: [{ kind: 'Pod' }, { kind: 'Node' }],
    run: runPodGc,
  },
]

export const controllerWants: readonly Want[] = controllers.flatMap(({ wants }) => wants)
