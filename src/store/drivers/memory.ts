// A log that forgets: for tests, and for clusters that need not outlive their process.

import type { LogDriver } from '../driver.ts'
import { openLocalStore } from '../local-store.ts'
import type { Store } from '../store.ts'

export const memoryLog = (): LogDriver => ({
  load: async () => {},
  append: async () => {},
  wantsSnapshot: () => false,
  writeSnapshot: async () => {},
  [Symbol.asyncDispose]: async () => {},
})

export const memoryStore = (): Promise<Store> => openLocalStore(memoryLog())
