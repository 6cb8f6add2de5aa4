/** [MER7] As whom staff speak in their merchant's groups: as the shop unless they choose their own name there. */
import type { GroupHandle, GroupView } from '@qun/sdk'
import { useMemo, useState } from 'react'
import { shopWhere, useChat, type Speaking } from '../chat-context.tsx'
import { browserStorage, type TextStore } from './drafts.ts'
import { useReadable } from '../parts/readable.ts'
import { useQun, useWords } from '../qun-context.ts'

const placeOf = (viewerId: string, groupId: string) => `qun.own-name.${viewerId}.${groupId}`

export function useSpeaking(view: GroupView, storage: TextStore | undefined = browserStorage()): Speaking {
  const { client, viewerId } = useQun()
  const records = useReadable(client.records)
  const place = placeOf(viewerId, view.groupId)
  const [asShop, setAsShop] = useState(() => read(storage, place))
  const found = shopWhere('talk-as', view.group?.merchantPath, records)
  const { merchantId, name } = found ?? {}
  return useMemo(
    () => ({
      shop: merchantId === undefined ? undefined : { merchantId, name: name ?? '' },
      isAsShop: merchantId !== undefined && asShop,
      choose: (next) => {
        setAsShop(next)
        keep(storage, place, next)
      },
    }),
    [merchantId, name, asShop, storage, place],
  )
}
/** The group as all parts of the chat send to it: whatever form or button posts, it is in the name that was chosen. */
export function useSpoken(group: GroupHandle, { shop, isAsShop }: Speaking): GroupHandle {
  return useMemo(
    () => (isAsShop && shop ? { ...group, send: (card, body) => group.send(card, body, shop) } : group),
    [group, shop, isAsShop],
  )
}
function read(storage: TextStore | undefined, place: string): boolean {
  try {
    return storage?.getItem(place) !== 'own'
  } catch {
    return true
  }
}
function keep(storage: TextStore | undefined, place: string, asShop: boolean): void {
  try {
    if (asShop) storage?.removeItem(place)
    else storage?.setItem(place, 'own')
  } catch {
    // Private windows refuse to write; the choice holds while the group is open.
  }
}

/** Over the field: in whose name one writes, and the way to the other. */
export function SpeakingBar() {
  const { speaking } = useChat()
  const words = useWords()
  const { shop, isAsShop, choose } = speaking
  if (!shop) return null
  return (
    <label className="qun-speaking">
      <span className="qun-speaking__words">
        {isAsShop ? words('compose.asShop', { shop: shop.name }) : words('compose.asSelf')}
      </span>
      <input
        type="checkbox"
        role="switch"
        className="qun-switch"
        aria-label={words('compose.asShopSwitch', { shop: shop.name })}
        checked={isAsShop}
        onChange={(change) => choose(change.target.checked)}
      />
    </label>
  )
}
