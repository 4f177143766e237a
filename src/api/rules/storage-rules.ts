// The rules of storage.k8s.io.

import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '../types.gen.ts'
import {
  attachmentCreateErrors,
  attachmentErrors,
  attachmentUpdateErrors,
  attributesClassErrors,
  attributesClassUpdateErrors,
  csiNodeErrors,
  csiNodeUpdateErrors,
  driverErrors,
  driverUpdateErrors,
  storageCapacityErrors,
  storageCapacityUpdateErrors,
} from '../validation/csi.ts'
import { storageClassErrors, storageClassUpdateErrors } from '../validation/storage.ts'
import { type KindRules, rulesFor } from './kind-rule.ts'

const conditional = { allowsUnconditionalUpdate: false }

export const storageRules: Readonly<Record<string, Partial<KindRules>>> = {
  'storage.k8s.io/CSIDriver': rulesFor<CSIDriver>({
    ...conditional,
    generation: ['spec'],
    validate: driverErrors,
    validateUpdate: driverUpdateErrors,
  }),
  'storage.k8s.io/CSINode': rulesFor<CSINode>({
    ...conditional,
    validate: csiNodeErrors,
    validateUpdate: csiNodeUpdateErrors,
  }),
  'storage.k8s.io/CSIStorageCapacity': rulesFor<CSIStorageCapacity>({
    ...conditional,
    validate: storageCapacityErrors,
    validateUpdate: storageCapacityUpdateErrors,
  }),
  'storage.k8s.io/StorageClass': rulesFor<StorageClass>({
    validate: storageClassErrors,
    validateUpdate: storageClassUpdateErrors,
  }),
  'storage.k8s.io/VolumeAttachment': rulesFor<VolumeAttachment>({
    ...conditional,
    validate: attachmentErrors,
    validateCreate: attachmentCreateErrors,
    validateUpdate: attachmentUpdateErrors,
    endpoints: { status: { validateUpdate: attachmentErrors } },
  }),
  'storage.k8s.io/VolumeAttributesClass': rulesFor<VolumeAttributesClass>({
    validate: attributesClassErrors,
    validateUpdate: attributesClassUpdateErrors,
  }),
}
