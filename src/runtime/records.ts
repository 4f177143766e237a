// Records that outlive the process: one JSON file each, replaced whole, in a folder of its own.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'

export interface Records<T extends { readonly id: string }> {
  all(): readonly T[]
  get(id: string): T | undefined
  put(record: T): void
  /** Takes the record and its folder away. */
  remove(id: string): Promise<void>
  /** Where things of the record can be kept. It exists once the record does. */
  folder(id: string): string
}

/** Folders with no whole record are what a half-done creation or removal left: they are removed. */
export async function openRecords<T extends { readonly id: string }>(
  folder: string,
): Promise<Records<T>> {
  mkdirSync(folder, { recursive: true })
  const records = new Map<string, T>()
  for (const id of readdirSync(folder)) {
    const record = readRecord<T>(`${folder}/${id}/state.json`)
    if (record?.id === id) records.set(id, record)
    else await rm(`${folder}/${id}`, { recursive: true, force: true })
  }
  return {
    all: () => [...records.values()],
    get: (id) => records.get(id),
    put(record) {
      const own = `${folder}/${record.id}`
      mkdirSync(own, { recursive: true })
      writeFileSync(`${own}/state.json.new`, JSON.stringify(record))
      renameSync(`${own}/state.json.new`, `${own}/state.json`)
      records.set(record.id, record)
    },
    async remove(id) {
      // The record goes first: what is then left is a half-done removal.
      await rm(`${folder}/${id}/state.json`, { force: true })
      records.delete(id)
      await rm(`${folder}/${id}`, { recursive: true, force: true })
    },
    folder: (id) => `${folder}/${id}`,
  }
}

function readRecord<T>(path: string): T | undefined {
  if (!existsSync(path)) return undefined
  try {
    const record: T = JSON.parse(readFileSync(path, 'utf8'))
    return record
  } catch {
    return undefined
  }
}
