/** Conversations, open groups and the server's clock as React state; presses and sizes. */
import { SECOND } from '@qun/contract'
import type { Conversation, GroupHandle, GroupView, QunClient, Readable } from '@qun/sdk'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { MouseEvent as ReactMouseEvent, PointerEvent as ReactPointerEvent, RefObject } from 'react'
import { useQun } from '../qun-context.ts'
import { useReadable } from './readable.ts'

export function useConversations(): readonly Conversation[] {
  return useReadable(useQun().client.conversations)
}
export function useConversation(groupId: string): Conversation | undefined {
  return useConversations().find((one) => one.groupId === groupId)
}

const never: Readable<undefined> = { get: () => undefined, subscribe: () => () => {} }
export interface OpenGroup {
  /** Undefined until the first commit. */
  readonly group: GroupHandle | undefined
  readonly view: GroupView | undefined
}
/** Opens a group while the component lives and reads its view. */
export function useGroup(groupId: string): OpenGroup {
  const { client } = useQun()
  const [group, setGroup] = useState<GroupHandle>()
  useEffect(() => {
    const opened = client.open(groupId)
    setGroup(opened)
    return () => {
      setGroup(undefined)
      opened.close()
    }
  }, [client, groupId])
  const view = useReadable<GroupView | undefined>(group ?? never)
  return { group, view }
}

interface Clock {
  readonly get: () => number
  readonly subscribe: (listener: () => void) => () => void
}
// One timer per client, however many countdowns are on the screen; none when there is none.
const clocks = new WeakMap<QunClient, Clock>()
function clockOf(client: QunClient): Clock {
  const known = clocks.get(client)
  if (known) return known
  const listeners = new Set<() => void>()
  let at = client.serverNow()
  let timer: ReturnType<typeof setInterval> | undefined
  const clock: Clock = {
    get: () => {
      // With nobody listening the value is not kept fresh by the timer.
      if (timer === undefined) at = Math.floor(client.serverNow() / SECOND) * SECOND
      return at
    },
    subscribe: (listener) => {
      listeners.add(listener)
      timer ??= setInterval(() => {
        at = Math.floor(client.serverNow() / SECOND) * SECOND
        listeners.forEach((one) => one())
      }, SECOND)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
  clocks.set(client, clock)
  return clock
}
/** Server time in epoch ms, to the second; the component is drawn again each second. */
export function useServerNow(): number {
  return useReadable(clockOf(useQun().client))
}
/** Server time when this was drawn; does not tick. */
export function useDrawnAt(): number {
  return useQun().client.serverNow()
}

/** True when the element is at least `widthPx` wide; undefined until it was measured. Follows its size. */
export function useWide(element: RefObject<HTMLElement | null>, widthPx: number): boolean | undefined {
  const [wide, setWide] = useState<boolean>()
  useLayoutEffect(() => {
    const measured = element.current
    if (!measured) return
    const measure = () => setWide(measured.getBoundingClientRect().width >= widthPx)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(measured)
    return () => observer.disconnect()
  }, [element, widthPx])
  return wide
}

/** Shorter than the platform's own long press, so that our menu comes first. */
const longPressMs = 420
const movedPx = 10

/** Long press by touch and right click by mouse, as one. A press that moves is a scroll. */
export function useLongPress(open: (anchor: HTMLElement) => void) {
  const press = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | undefined>(undefined)
  const end = () => {
    clearTimeout(press.current?.timer)
    press.current = undefined
  }
  useEffect(() => end, [])
  return {
    onPointerDown: (down: ReactPointerEvent<HTMLElement>) => {
      if (down.pointerType === 'mouse' || !isWithin(down)) return
      const anchor = down.currentTarget
      const timer = setTimeout(() => {
        press.current = undefined
        buzz()
        open(anchor)
      }, longPressMs)
      press.current = { timer, x: down.clientX, y: down.clientY }
    },
    onPointerMove: (move: ReactPointerEvent<HTMLElement>) => {
      const at = press.current
      if (at && Math.hypot(move.clientX - at.x, move.clientY - at.y) > movedPx) end()
    },
    onPointerUp: end,
    onPointerCancel: end,
    onContextMenu: (menu: ReactMouseEvent<HTMLElement>) => {
      if (!isWithin(menu)) return
      menu.preventDefault()
      // A touch that already opened the menu also asks for the platform's.
      open(menu.currentTarget)
    },
  }
}
/** False for what comes from a sheet that is drawn elsewhere but belongs to this part of the tree. */
export function isWithin({ currentTarget, target }: ReactMouseEvent<HTMLElement>): boolean {
  return target instanceof Node && currentTarget.contains(target)
}
/** A light tap in the hand, where the device has one. */
export function buzz(): void {
  if (typeof navigator !== 'undefined' && 'vibrate' in navigator) navigator.vibrate(8)
}
