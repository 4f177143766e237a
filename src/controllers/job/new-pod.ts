// A Pod of a Job, for one completion index where the Job has them.

import type { Container, EnvVar, Job, Pod } from '../../api/types.gen.ts'
import { podFromTemplate } from '../new-pod.ts'
import { trackingFinalizer } from './count.ts'
import { indexAnnotation } from './indexes.ts'

const indexVariable: EnvVar = {
  name: 'JOB_COMPLETION_INDEX',
  valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexAnnotation}']` } },
}
/** Names are at most 63 long: 1 for the dash, 5 for the suffix. */
const longestPrefix = 57

export function newJobPod(job: Job, index: number | undefined): Pod {
  const pod = podFromTemplate(job, job.spec.template)
  const finalizers = [...(pod.metadata.finalizers ?? []), trackingFinalizer]
  if (index === undefined) return { ...pod, metadata: { ...pod.metadata, finalizers } }
  const { name } = job.metadata
  const mark = { [indexAnnotation]: String(index) }
  const numbered = (container: Container): Container => ({
    ...container,
    env: [
      ...(container.env ?? []).filter((each) => each.name !== indexVariable.name),
      indexVariable,
    ],
  })
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      finalizers,
      generateName: `${`${name}-${index}`.slice(0, longestPrefix)}-`,
      labels: { ...pod.metadata.labels, ...mark },
      annotations: { ...pod.metadata.annotations, ...mark },
    },
    spec: {
      ...pod.spec,
      hostname: `${name}-${index}`,
      containers: pod.spec.containers.map(numbered),
      ...(pod.spec.initContainers && {
        initContainers: pod.spec.initContainers.map(numbered),
      }),
    },
  }
}
