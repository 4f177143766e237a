// What has been seen of one kind: objects by key, with indexes by namespace and by controller.
// Objects are never changed in place, so what a lister gives out stays true to its moment.

import { controllerOf, type KubeObject, keyOf, keyText, type ObjectKey } from '../api/meta.ts'
import { matchesSelector } from '../api/selector/match.ts'
import type { LabelSelector } from '../api/types.gen.ts'
import type { Lister, ObjectChange } from './informer.ts'

export interface ObjectCache<T extends KubeObject> extends Lister<T> {
  /** Each change is told to the handlers after the cache shows it. */
  put(object: T): void
  remove(key: ObjectKey): void
  /** Makes the cache hold exactly these. */
  replace(objects: readonly T[]): void
  readonly size: number
}

export function createObjectCache<T extends KubeObject>(
  tell: (change: ObjectChange<T>) => void,
): ObjectCache<T> {
  const objects = new Map<string, T>()
  const byNamespace = createIndex<T>()
  const byController = createIndex<T>()

  const set = (key: string, previous: T | undefined, current: T | undefined) => {
    if (current) objects.set(key, current)
    else objects.delete(key)
    const places = [previous, current].map((object) => object?.metadata.namespace)
    byNamespace.move(key, places[0], places[1], current)
    byController.move(key, controllerUid(previous), controllerUid(current), current)
    tell({ ...(previous && { previous }), ...(current && { current }) })
  }

  const put = (object: T) => {
    const key = keyText(keyOf(object))
    const previous = objects.get(key)
    const isKnown = previous?.metadata.resourceVersion === object.metadata.resourceVersion
    if (previous && isKnown && previous.metadata.uid === object.metadata.uid) return
    set(key, previous, object)
  }

  const list = (namespace?: string) =>
    namespace === undefined ? [...objects.values()] : byNamespace.list(namespace)

  return {
    put,
    remove(key) {
      const previous = objects.get(keyText(key))
      if (previous) set(keyText(key), previous, undefined)
    },
    replace(wanted) {
      const kept = new Set(wanted.map((object) => keyText(keyOf(object))))
      for (const [key, previous] of objects) if (!kept.has(key)) set(key, previous, undefined)
      for (const object of wanted) put(object)
    },
    get: (key) => objects.get(keyText(key)),
    list,
    controlledBy: (uid) => byController.list(uid),
    matching: (namespace: string, selector: LabelSelector) =>
      list(namespace).filter(({ metadata }) => matchesSelector(selector, metadata.labels)),
    get size() {
      return objects.size
    },
  }
}

function controllerUid(object: KubeObject | undefined): string | undefined {
  return object && controllerOf(object)?.uid
}

function createIndex<T>() {
  const places = new Map<string, Map<string, T>>()
  return {
    list: (place: string): readonly T[] => [...(places.get(place)?.values() ?? [])],
    move(key: string, from: string | undefined, to: string | undefined, object: T | undefined) {
      if (from !== undefined && (from !== to || !object)) {
        const place = places.get(from)
        place?.delete(key)
        if (place?.size === 0) places.delete(from)
      }
      if (to === undefined || !object) return
      const place = places.get(to)
      if (place) place.set(key, object)
      else places.set(to, new Map([[key, object]]))
    },
  }
}
