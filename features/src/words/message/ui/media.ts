/** Pictures of a group as addresses a page can show. They are fetched with the token, once, and kept while in use. */
import type { QunClient } from '@qun/sdk'
import { useQun } from '@qun/ui'
import { useEffect, useState } from 'react'
import { mediaOf } from '../contract.ts'

export type MediaSize = 'thumb' | 'full'
interface Kept {
  readonly address: Promise<string>
  users: number
}
/** Pictures nobody shows at the moment are kept for scrolling back, at most this many. */
const idleMax = 60

const caches = new WeakMap<QunClient, Map<string, Kept>>()

function take(
  client: QunClient,
  groupId: string,
  mediaId: string,
  size: MediaSize,
): { address: Promise<string>; release: () => void } {
  let cache = caches.get(client)
  if (!cache) caches.set(client, (cache = new Map()))
  const key = `${groupId}/${mediaId}/${size}`
  const kept = cache.get(key) ?? { address: load(client, groupId, mediaId, size), users: 0 }
  kept.users++
  // Put at the end: the order of the map is the order of last use.
  cache.delete(key)
  cache.set(key, kept)
  kept.address.catch(() => cache.delete(key))
  return {
    address: kept.address,
    release: () => {
      kept.users--
      trim(cache)
    },
  }
}
async function load(client: QunClient, groupId: string, mediaId: string, size: MediaSize): Promise<string> {
  const { bytes, contentType } = await client.call(mediaOf, {
    params: { groupId: groupId as never, mediaId },
    query: { size },
  })
  return URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: contentType }))
}
function trim(cache: Map<string, Kept>): void {
  const idle = [...cache].filter(([, kept]) => kept.users === 0)
  for (const [key, kept] of idle.slice(0, Math.max(0, idle.length - idleMax))) {
    cache.delete(key)
    void kept.address.then((address) => URL.revokeObjectURL(address)).catch(() => {})
  }
}

export interface Media {
  readonly address: string | undefined
  readonly failed: boolean
  readonly retry: () => void
}
export function useMedia(groupId: string, mediaId: string, size: MediaSize, wanted = true): Media {
  const { client } = useQun()
  const [address, setAddress] = useState<string>()
  const [failed, setFailed] = useState(false)
  const [tries, setTries] = useState(0)
  useEffect(() => {
    if (!wanted) return
    let living = true
    setFailed(false)
    const taken = take(client, groupId, mediaId, size)
    taken.address.then(
      (loaded) => living && setAddress(loaded),
      () => living && setFailed(true),
    )
    return () => {
      living = false
      taken.release()
    }
  }, [client, groupId, mediaId, size, wanted, tries])
  return { address, failed, retry: () => setTries((count) => count + 1) }
}
/** The full picture's address, for the viewer. */
export function loadFull(client: QunClient, groupId: string, mediaId: string): Promise<string> {
  return take(client, groupId, mediaId, 'full').address
}
