/** One store of drafts per viewer, shared by the composer and the list of conversations. */
import { useMemo } from 'react'
import { browserStorage, createDrafts, type DraftStore, type DraftText } from './drafts.ts'
import { useReadable } from '../parts/readable.ts'
import { useQun } from '../qun-context.ts'

// Several kits on one page may show the same viewer.
const stores = new Map<string, DraftStore>()

export function useDrafts(): DraftStore {
  const { viewerId } = useQun()
  return useMemo(() => {
    const store = stores.get(viewerId) ?? createDrafts(viewerId, browserStorage())
    stores.set(viewerId, store)
    return store
  }, [viewerId])
}
export function useDraftTexts(): ReadonlyMap<string, DraftText> {
  return useReadable(useDrafts())
}
