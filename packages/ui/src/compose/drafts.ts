/** What a person wrote and did not send, per group, kept across reloads. Knows storage only as a map of strings. */
import type { Readable } from '@qun/sdk'

export interface DraftText {
  readonly text: string
  /** Name in the text → user id. */
  readonly mentions: Readonly<Record<string, string>>
  readonly quoteSeq?: number
}
export interface DraftStore extends Readable<ReadonlyMap<string, DraftText>> {
  set(groupId: string, draft: DraftText | undefined): void
}
export type TextStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Drafts of one viewer. A full or forbidden storage keeps them for the session only. */
export function createDrafts(viewerId: string, storage: TextStore | undefined): DraftStore {
  const place = `qun.drafts.${viewerId}`
  const listeners = new Set<() => void>()
  let drafts: ReadonlyMap<string, DraftText> = load(storage, place)
  return {
    get: () => drafts,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    set(groupId, draft) {
      const kept = draft && draft.text.trim() !== '' ? draft : undefined
      if (kept === undefined && !drafts.has(groupId)) return
      const next = new Map(drafts)
      if (kept) next.set(groupId, kept)
      else next.delete(groupId)
      drafts = next
      try {
        if (next.size === 0) storage?.removeItem(place)
        else storage?.setItem(place, JSON.stringify([...next]))
      } catch {
        // Private windows refuse to write; the draft lives in memory.
      }
      listeners.forEach((one) => one())
    },
  }
}
function load(storage: TextStore | undefined, place: string): Map<string, DraftText> {
  try {
    const found: unknown = JSON.parse(storage?.getItem(place) ?? '[]')
    return new Map(Array.isArray(found) ? found.filter(isEntry) : [])
  } catch {
    return new Map()
  }
}
function isEntry(entry: unknown): entry is [string, DraftText] {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string') return false
  const draft: unknown = entry[1]
  return (
    typeof draft === 'object' &&
    draft !== null &&
    'text' in draft &&
    typeof draft.text === 'string' &&
    'mentions' in draft
  )
}
/** The browser's storage; undefined where it is missing or forbidden. */
export function browserStorage(): TextStore | undefined {
  try {
    return globalThis.localStorage
  } catch {
    return undefined
  }
}
