/** What a group's records say of products, as React state; and what a card can show without them. */
import type { GroupHandle } from '@qun/sdk'
import { useCallback, useSyncExternalStore } from 'react'
import { liveProduct, productShelf, type LiveProduct } from '../contract.ts'

type Records = ReturnType<GroupHandle['get']>['records']
/** The same map until a record changes, so that talk does not redraw cards. */
export function useRecords(group: GroupHandle): Records {
  const subscribe = useCallback((listener: () => void) => group.subscribe(listener), [group])
  const snapshot = useCallback(() => group.get().records, [group])
  return useSyncExternalStore(subscribe, snapshot, snapshot)
}
export function liveIn(records: Records, productId: string): LiveProduct | undefined {
  return records.get(`${liveProduct.kind}/${productId}`)?.body as LiveProduct | undefined
}
/** The shelf's products in order; those the group has not been told of are left out. */
export function shelfIn(records: Records): LiveProduct[] {
  const shelf = records.get(`${productShelf.kind}/shelf`)?.body as
    | { readonly productIds: readonly string[] }
    | undefined
  return (shelf?.productIds ?? []).flatMap((productId) => liveIn(records, productId) ?? [])
}
