// Where a container has its volumes: mounts and raw block devices.

import type { DraftOf } from '../draft.ts'
import {
  all,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
} from '../field-error.ts'
import type { Container, EphemeralContainer, VolumeMount } from '../types.gen.ts'
import { each, repeatedOf } from './checks.ts'
import { at, child } from './field-path.ts'
import { relativePathErrors, type Volumes } from './volumes.ts'

type Any = DraftOf<Container> | DraftOf<EphemeralContainer>
type Mount = DraftOf<VolumeMount>

export function mountErrors(container: Any, path: string, volumes: Volumes): FieldError[] {
  return all(
    mountsErrors(container, child(path, 'volumeMounts'), volumes),
    devicesErrors(container, child(path, 'volumeDevices'), volumes),
  )
}

function mountsErrors(container: Any, path: string, volumes: Volumes): FieldError[] {
  const { volumeMounts, volumeDevices = [] } = container
  const repeated = repeatedOf(volumeMounts ?? [], ({ mountPath }) => mountPath)
  return all(
    each(volumeMounts, path, (mount, place) =>
      all(
        oneMountErrors(mount, place, volumes),
        volumeDevices.some(({ name }) => name === mount.name)
          ? [invalid(child(place, 'name'), mount.name, 'must not already exist in volumeDevices')]
          : [],
        volumeDevices.some(({ devicePath }) => devicePath === mount.mountPath)
          ? [
              invalid(
                child(place, 'mountPath'),
                mount.mountPath,
                'must not already exist as a path in volumeDevices',
              ),
            ]
          : [],
        // Upstream names these places without the index of the mount.
        propagationErrors(mount, child(path, 'mountPropagation'), container),
      ),
    ),
    each(volumeMounts, path, ({ subPath }) =>
      subPath ? relativePathErrors(subPath, child(path, 'subPath')) : [],
    ),
    each(volumeMounts, path, ({ subPathExpr }) =>
      subPathExpr ? relativePathErrors(subPathExpr, child(path, 'subPathExpr')) : [],
    ),
    repeated.map(({ element, index }) =>
      invalid(child(at(path, index), 'mountPath'), element.mountPath, 'must be unique'),
    ),
  )
}

function oneMountErrors(mount: Mount, path: string, volumes: Volumes): FieldError[] {
  const { name = '', mountPath, subPath, subPathExpr } = mount
  const ofImage = volumes.get(name)?.image !== undefined
  const detail = 'not allowed in image volume sources'
  return all(
    !name ? [required(child(path, 'name'))] : [],
    !volumes.has(name) ? [notFound(child(path, 'name'), name)] : [],
    !mountPath ? [required(child(path, 'mountPath'))] : [],
    ofImage && subPathExpr ? [invalid(child(path, 'subPathExpr'), subPathExpr, detail)] : [],
    subPath && subPathExpr
      ? [
          invalid(
            child(path, 'subPathExpr'),
            subPathExpr,
            'subPathExpr and subPath are mutually exclusive',
          ),
        ]
      : [],
  )
}

const propagations = ['Bidirectional', 'HostToContainer', 'None']

function propagationErrors(mount: Mount, path: string, container: Any): FieldError[] {
  const { mountPropagation: mode } = mount
  if (mode === undefined) return []
  if (!propagations.includes(mode)) return [notSupported(path, mode, propagations)]
  const isPrivileged = container.securityContext?.privileged ?? false
  return mode === 'Bidirectional' && !isPrivileged
    ? [
        forbidden(
          path,
          'Bidirectional mount propagation is available only to privileged containers',
        ),
      ]
    : []
}

function devicesErrors(container: Any, path: string, volumes: Volumes): FieldError[] {
  const { volumeDevices, volumeMounts = [] } = container
  if (!volumeDevices?.length) return []
  const names = repeatedOf(volumeDevices ?? [], ({ name }) => name)
  const paths = repeatedOf(volumeDevices ?? [], ({ devicePath }) => devicePath)
  return all(
    each(volumeDevices, path, ({ name = '', devicePath }, place) =>
      all(
        !name ? [required(child(place, 'name'))] : [],
        deviceSourceErrors(name, child(place, 'name'), volumes),
        !devicePath ? [required(child(place, 'devicePath'))] : [],
        devicePath?.split('/').includes('..')
          ? [invalid(child(place, 'devicePath'), devicePath, "can not contain backsteps ('..')")]
          : [],
        volumeMounts.some((mount) => mount.name === name)
          ? [invalid(child(place, 'name'), name, 'must not already exist in volumeMounts')]
          : [],
        volumeMounts.some(({ mountPath }) => mountPath === devicePath)
          ? [
              invalid(
                child(place, 'devicePath'),
                devicePath,
                'must not already exist as a path in volumeMounts',
              ),
            ]
          : [],
      ),
    ),
    names.map(({ element, index }) =>
      invalid(child(at(path, index), 'name'), element.name, 'must be unique'),
    ),
    paths.map(({ element, index }) =>
      invalid(child(at(path, index), 'devicePath'), element.devicePath, 'must be unique'),
    ),
  )
}

function deviceSourceErrors(name: string, path: string, volumes: Volumes): FieldError[] {
  const volume = volumes.get(name)
  if (!volume) return [notFound(path, name)]
  const detail =
    'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'
  return !volume.persistentVolumeClaim && !volume.ephemeral ? [invalid(path, name, detail)] : []
}
