// Table of descriptions: what keeps Pods running: apps/v1, batch/v1, autoscaling/v2.

import { conditionOf, type DescriptionTable, objectOf } from './description-table.ts'

const template = 'The Pods to make.'
const selector = 'Labels of its Pods. Must fit the template; cannot be changed.'
const replicas = 'How many Pods are wanted. Default: 1.'
const minReadySeconds = 'How long a new Pod must be ready to count as available. Default: 0.'
const revisionHistoryLimit = 'How many old revisions are kept to go back to. Default: 10.'
const counts = {
  availableReplicas: 'Pods that have been ready for minReadySeconds.',
  conditions: 'Aspects of the state.',
  observedGeneration: 'The metadata.generation that was acted on.',
  readyReplicas: 'Pods that are ready.',
  replicas: 'Pods that there are.',
}
const collisionCount = 'How often a name was taken; part of the next hash.'
const terminatingReplicas = 'Pods that are ending.'

export const appsDescriptions: DescriptionTable = {
  Deployment: objectOf('Keeps a number of equal Pods running, and replaces them step by step.'),
  DeploymentSpec: [
    'What is wanted of a Deployment.',
    {
      minReadySeconds,
      paused: 'Changes of the template are not rolled out. Default: false.',
      progressDeadlineSeconds:
        'How long a rollout may stand still before it counts as failed. Default: 600.',
      replicas,
      revisionHistoryLimit,
      selector,
      strategy: 'How Pods are replaced by new ones.',
      template,
    },
  ],
  DeploymentStrategy: [
    'How Pods are replaced by new ones.',
    {
      rollingUpdate: 'Settings of RollingUpdate.',
      type: 'RollingUpdate (default), or Recreate to end all old ones first.',
    },
  ],
  RollingUpdateDeployment: [
    'How many Pods may be too many or too few meanwhile.',
    {
      maxSurge: 'By how many there may be more, as a number or a percentage. Default: 25%.',
      maxUnavailable: 'By how many there may be fewer, as a number or a percentage. Default: 25%.',
    },
  ],
  DeploymentStatus: [
    'State of a Deployment.',
    {
      ...counts,
      collisionCount,
      terminatingReplicas,
      unavailableReplicas: 'Pods that are still missing.',
      updatedReplicas: 'Pods made from the current template.',
    },
  ],
  DeploymentCondition: [
    conditionOf('a Deployment')[0],
    { ...conditionOf('a Deployment')[1], lastUpdateTime: 'When it was looked at last.' },
  ],
  ReplicaSet: objectOf('Keeps a number of equal Pods running. Usually made by a Deployment.'),
  ReplicaSetSpec: [
    'What is wanted of a ReplicaSet.',
    { minReadySeconds, replicas, selector, template },
  ],
  ReplicaSetStatus: [
    'State of a ReplicaSet.',
    {
      ...counts,
      terminatingReplicas,
      fullyLabeledReplicas: 'Pods that have all labels of the template.',
    },
  ],
  ReplicaSetCondition: conditionOf('a ReplicaSet'),
  StatefulSet: objectOf(
    'Pods with names, network identities and volumes that stay, numbered from 0.',
  ),
  StatefulSetSpec: [
    'What is wanted of a StatefulSet.',
    {
      minReadySeconds,
      ordinals: 'From which number the Pods are counted.',
      persistentVolumeClaimRetentionPolicy: 'What becomes of the claims of Pods that are gone.',
      podManagementPolicy: 'OrderedReady (default), one after the other; or Parallel.',
      replicas,
      revisionHistoryLimit,
      selector,
      serviceName: 'Headless Service that gives the Pods their DNS names.',
      template,
      updateStrategy: 'How Pods are replaced by new ones.',
      volumeClaimTemplates: 'Claims that are made for each Pod, and stay with its name.',
    },
  ],
  StatefulSetOrdinals: ['Numbers of the Pods.', { start: 'The first number. Default: 0.' }],
  StatefulSetPersistentVolumeClaimRetentionPolicy: [
    'What becomes of claims.',
    {
      whenDeleted: 'When the StatefulSet is deleted: Retain (default) or Delete.',
      whenScaled: 'When the number of Pods goes down: Retain (default) or Delete.',
    },
  ],
  StatefulSetUpdateStrategy: [
    'How Pods are replaced by new ones.',
    {
      rollingUpdate: 'Settings of RollingUpdate.',
      type: 'RollingUpdate (default), or OnDelete to wait until somebody deletes them.',
    },
  ],
  RollingUpdateStatefulSetStrategy: [
    'Settings of a rolling update.',
    {
      maxUnavailable: 'How many Pods may be down at once, as a number or a percentage. Default: 1.',
      partition: 'Only Pods with this number or a higher one are updated. Default: 0.',
    },
  ],
  StatefulSetStatus: [
    'State of a StatefulSet.',
    {
      ...counts,
      collisionCount,
      currentReplicas: 'Pods of the current revision.',
      currentRevision: 'Revision of the Pods that are not updated yet.',
      updateRevision: 'Revision that Pods are updated to.',
      updatedReplicas: 'Pods of the update revision.',
    },
  ],
  StatefulSetCondition: conditionOf('a StatefulSet'),
  DaemonSet: objectOf('Keeps one Pod running on every node, or on those that are selected.'),
  DaemonSetSpec: [
    'What is wanted of a DaemonSet.',
    {
      minReadySeconds,
      revisionHistoryLimit,
      selector,
      template,
      updateStrategy: 'How Pods are replaced by new ones.',
    },
  ],
  DaemonSetUpdateStrategy: [
    'How Pods are replaced by new ones.',
    {
      rollingUpdate: 'Settings of RollingUpdate.',
      type: 'RollingUpdate (default), or OnDelete to wait until somebody deletes them.',
    },
  ],
  RollingUpdateDaemonSet: [
    'How many nodes may have a Pod too many or too few meanwhile.',
    {
      maxSurge: 'Nodes that may have both Pods, as a number or a percentage. Default: 0.',
      maxUnavailable: 'Nodes that may have none, as a number or a percentage. Default: 1.',
    },
  ],
  DaemonSetStatus: [
    'State of a DaemonSet.',
    {
      collisionCount,
      conditions: 'Aspects of the state.',
      currentNumberScheduled: 'Nodes that run a Pod and should.',
      desiredNumberScheduled: 'Nodes that should run a Pod.',
      numberAvailable: 'Nodes with a Pod that has been ready for minReadySeconds.',
      numberMisscheduled: 'Nodes that run a Pod and should not.',
      numberReady: 'Nodes with a Pod that is ready.',
      numberUnavailable: 'Nodes that should have an available Pod and have none.',
      observedGeneration: 'The metadata.generation that was acted on.',
      updatedNumberScheduled: 'Nodes that run a Pod of the current template.',
    },
  ],
  DaemonSetCondition: conditionOf('a DaemonSet'),
}

export const batchDescriptions: DescriptionTable = {
  Job: objectOf('Runs Pods until enough of them have succeeded.'),
  JobSpec: [
    'What is wanted of a Job.',
    {
      activeDeadlineSeconds: 'How long the Job may take, after which it is failed.',
      backoffLimit: 'How many Pods may fail before the Job does. Default: 6.',
      backoffLimitPerIndex: 'How many Pods of one index may fail before the index does.',
      completionMode: 'NonIndexed (default), or Indexed to give each Pod a number.',
      completions: 'How many Pods must succeed. Absent: one success is enough.',
      managedBy: 'Controller that looks after the Job. Default: kubernetes.io/job-controller.',
      manualSelector: 'The selector is chosen by the user. Default: false.',
      maxFailedIndexes: 'How many indexes may fail before the Job does.',
      parallelism: 'How many Pods may run at once. Default: 1.',
      podFailurePolicy: 'What failures of Pods mean for the Job.',
      podReplacementPolicy: 'When a Pod is replaced: TerminatingOrFailed or Failed.',
      selector: 'Labels of its Pods. Set by the server.',
      successPolicy: 'When the Job has succeeded before all indexes have.',
      suspend: 'No Pods are run; those that run are ended. Default: false.',
      template,
      ttlSecondsAfterFinished: 'How long the finished Job is kept. Absent means for ever.',
    },
  ],
  JobStatus: [
    'State of a Job.',
    {
      active: 'Pods that have not finished.',
      completedIndexes: 'Indexes that have succeeded, such as 1,3-5.',
      completionTime: 'When the Job succeeded.',
      conditions: 'Aspects of the state: Complete, Failed, Suspended and others.',
      failed: 'Pods that have failed.',
      failedIndexes: 'Indexes that have failed, such as 1,3-5.',
      ready: 'Active Pods that are ready.',
      startTime: 'When the Job was first looked after.',
      succeeded: 'Pods that have succeeded.',
      terminating: 'Pods that are ending.',
      uncountedTerminatedPods: 'Pods that have finished and are not counted yet.',
    },
  ],
  JobCondition: [
    conditionOf('a Job')[0],
    { ...conditionOf('a Job')[1], lastProbeTime: 'When it was looked at last.' },
  ],
  PodFailurePolicy: [
    'What failures of Pods mean for a Job.',
    { rules: 'Rules in order; the first that fits counts. 20 at most.' },
  ],
  PodFailurePolicyRule: [
    'What to do about a failure; one of the requirements is set.',
    {
      action: 'FailJob, FailIndex, Ignore or Count.',
      onExitCodes: 'By the exit codes of containers.',
      onPodConditions: 'By the conditions of the Pod; one must fit.',
    },
  ],
  PodFailurePolicyOnExitCodesRequirement: [
    'Exit codes of containers.',
    {
      containerName: 'The container. Absent means every one.',
      operator: 'In or NotIn.',
      values: 'The exit codes.',
    },
  ],
  PodFailurePolicyOnPodConditionsPattern: [
    'A condition of a Pod.',
    { status: 'Its status. Default: True.', type: 'Its type.' },
  ],
  SuccessPolicy: [
    'When an indexed Job has succeeded.',
    { rules: 'Rules; one must hold. 20 at most.' },
  ],
  SuccessPolicyRule: [
    'When an indexed Job has succeeded.',
    {
      succeededCount: 'How many indexes must have succeeded.',
      succeededIndexes: 'Which indexes count, such as 1,3-5.',
    },
  ],
  UncountedTerminatedPods: [
    'UIDs of Pods that have finished and are not counted yet.',
    { failed: 'Those that failed.', succeeded: 'Those that succeeded.' },
  ],
  CronJob: objectOf('Makes a Job again and again, at set times.'),
  CronJobSpec: [
    'What is wanted of a CronJob.',
    {
      concurrencyPolicy: 'When a Job still runs: Allow (default), Forbid or Replace.',
      failedJobsHistoryLimit: 'How many failed Jobs are kept. Default: 1.',
      jobTemplate: 'The Job to make.',
      schedule: 'When, in the form of cron: minute, hour, day of month, month, day of week.',
      startingDeadlineSeconds: 'How late a Job may still be started.',
      successfulJobsHistoryLimit: 'How many successful Jobs are kept. Default: 3.',
      suspend: 'No more Jobs are made. Default: false.',
      timeZone: 'Time zone of the schedule, such as Europe/Rome. Default: that of the controller.',
    },
  ],
  CronJobStatus: [
    'State of a CronJob.',
    {
      active: 'Jobs that run.',
      lastScheduleTime: 'When a Job was last due and made.',
      lastSuccessfulTime: 'When a Job last succeeded.',
    },
  ],
  JobTemplateSpec: [
    'What a Job made from this template looks like.',
    { metadata: 'Labels and annotations of the Jobs.', spec: 'What is wanted of the Jobs.' },
  ],
}

export const autoscalingDescriptions: DescriptionTable = {
  HorizontalPodAutoscaler: objectOf(
    'Changes the number of Pods so that metrics stay near their targets.',
  ),
  HorizontalPodAutoscalerSpec: [
    'What is wanted of an autoscaler.',
    {
      behavior: 'How fast the number goes up and down.',
      maxReplicas: 'The most Pods.',
      metrics: 'Metrics and targets; the one that asks for most Pods counts. Default: 80% CPU.',
      minReplicas: 'The fewest Pods. Default: 1.',
      scaleTargetRef: 'The object whose number of Pods is changed.',
    },
  ],
  CrossVersionObjectReference: [
    'An object in the same namespace.',
    {
      apiVersion: 'API version of the object.',
      kind: 'Kind of the object.',
      name: 'Name of the object.',
    },
  ],
}
