/** The SDK's readable values as React state. Knows no context. */
import type { Readable } from '@qun/sdk'
import { useCallback, useSyncExternalStore } from 'react'

export function useReadable<T>(readable: Readable<T>): T {
  const subscribe = useCallback((listener: () => void) => readable.subscribe(listener), [readable])
  const snapshot = useCallback(() => readable.get(), [readable])
  return useSyncExternalStore(subscribe, snapshot, snapshot)
}
