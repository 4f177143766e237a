// Table of descriptions: PersistentVolumeClaims and what they are bound to: core/v1, storage/v1.

import { conditionOf, type DescriptionTable, objectOf } from './description-table.ts'

export const claimDescriptions: DescriptionTable = {
  PersistentVolumeClaim: objectOf('Asks for a volume that outlives Pods.'),
  PersistentVolumeClaimSpec: [
    'What is wanted of a volume.',
    {
      accessModes: 'ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod.',
      dataSource: 'A VolumeSnapshot or claim that the volume begins as a copy of.',
      dataSourceRef: 'An object of any kind that the volume is filled from.',
      resources: 'How large it must be at least. May be raised later.',
      selector: 'Volumes that come into question, by labels.',
      storageClassName: 'StorageClass. Absent means the default one; empty means none.',
      volumeAttributesClassName: 'VolumeAttributesClass, which may be changed later.',
      volumeMode: 'Filesystem (default) or Block.',
      volumeName: 'The volume it is bound to.',
    },
  ],
  PersistentVolumeClaimStatus: [
    'State of a claim.',
    {
      accessModes: 'How the bound volume may be mounted.',
      allocatedResourceStatuses: 'How far a change of size has come.',
      allocatedResources: 'Size that the volume is being brought to.',
      capacity: 'Size of the bound volume.',
      conditions: 'Aspects of the state, such as a change of size.',
      currentVolumeAttributesClassName: 'VolumeAttributesClass in force.',
      modifyVolumeStatus: 'How far a change of the VolumeAttributesClass has come.',
      phase: 'Pending, Bound or Lost.',
    },
  ],
  PersistentVolumeClaimCondition: [
    conditionOf('a claim')[0],
    { ...conditionOf('a claim')[1], lastProbeTime: 'When it was looked at last.' },
  ],
  ModifyVolumeStatus: [
    'A change of the VolumeAttributesClass.',
    {
      status: 'Pending, InProgress or Infeasible.',
      targetVolumeAttributesClassName: 'The class that is wanted.',
    },
  ],
  VolumeResourceRequirements: [
    'How large a volume must be.',
    { limits: 'The most, such as storage: 10Gi.', requests: 'The least, such as storage: 5Gi.' },
  ],
  PersistentVolume: objectOf('A volume of the cluster that a claim can be bound to.'),
  PersistentVolumeStatus: [
    'State of a volume.',
    {
      lastPhaseTransitionTime: 'When phase changed last.',
      message: 'Why, for people to read.',
      phase: 'Pending, Available, Bound, Released or Failed.',
      reason: 'Why, in one word in CamelCase.',
    },
  ],
}

export const storageDescriptions: DescriptionTable = {
  StorageClass: [
    'A sort of volume that can be made when a claim asks for it.',
    {
      allowVolumeExpansion: 'Whether claims may be made larger.',
      allowedTopologies: 'Nodes that volumes may be made for.',
      mountOptions: 'Options with which volumes are mounted.',
      parameters: 'What the provisioner is told.',
      provisioner: 'Who makes the volumes.',
      reclaimPolicy: 'What becomes of a volume after its claim: Delete (default) or Retain.',
      volumeBindingMode: 'Immediate (default), or WaitForFirstConsumer to wait for a Pod.',
    },
  ],
}

export const topologyDescriptions: DescriptionTable = {
  TopologySelectorTerm: [
    'Requirements on the labels of a node, all of which must hold.',
    { matchLabelExpressions: 'The requirements.' },
  ],
  TopologySelectorLabelRequirement: [
    'A label of nodes, and the values it may have.',
    { key: 'Key of the label.', values: 'The values; one must fit.' },
  ],
}

export const quantityDescription =
  'An amount: a decimal number with a suffix such as m, k, M, G, Ki, Mi or Gi, or an exponent.'
export const intOrStringDescription = 'A whole number, or a text such as a name or a percentage.'
