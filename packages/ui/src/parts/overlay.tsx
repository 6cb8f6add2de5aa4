/** What lies over the conversation: sheets, questions and menus, drawn inside the kit's own box. */
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { ComponentType } from 'react'
// Types only: the module itself comes when it is needed.
import type * as parts from './overlay-parts.tsx'
import type { DialogProps, MenuAtProps, SheetProps } from './overlay-props.ts'
import { useQun } from '../qun-context.ts'
import { texts } from '../texts.ts'

type Parts = typeof parts
let loaded: Parts | undefined
/** Gives the overlays at once, where waiting for them has no use: tests. */
export function provideOverlays(parts: Parts): void {
  loaded = parts
}
async function loadOverlays(): Promise<void> {
  loaded ??= await import('./overlay-parts.tsx')
}
/** Fetches the overlays ahead of their first use, so that it does not wait for the network. */
export function preloadOverlays(): void {
  // A failure is told when an overlay is opened; here nobody waits for it.
  void loadOverlays().catch(() => {})
}

/** Rises from below on a phone, stands in the middle on a desktop. Focus goes in and comes back. */
export function Sheet(props: SheetProps) {
  return <Kept name="Sheet" open={props.open} part={props} />
}

/** A question with one way forward. */
export function Dialog(props: DialogProps) {
  return <Kept name="Dialog" open={props.open} part={props} />
}
/** Holds whether an overlay is open, with stable functions. */
export function useOpen(): { readonly open: boolean; show: () => void; hide: () => void } {
  const [open, setOpen] = useState(false)
  return { open, show: () => setOpen(true), hide: () => setOpen(false) }
}

/** A menu at an element that is not its trigger: a long-pressed bubble or row. */
export function MenuAt(props: MenuAtProps) {
  return <Kept name="MenuAt" open={props.anchor !== undefined} part={props} />
}

interface KeptProps<P> {
  readonly name: 'Sheet' | 'Dialog' | 'MenuAt'
  readonly open: boolean
  readonly part: P
}
/** Draws nothing before the first opening, and what it last showed while it goes away. */
function Kept<P extends { readonly onClose: () => void }>({ name, open, part }: KeptProps<P>) {
  const { toast } = useQun()
  const last = useRef<P>(undefined)
  const [, setReady] = useState(loaded !== undefined)
  const failed = useEffectEvent(() => {
    toast(texts['error.offline'], 'danger')
    part.onClose()
  })
  useEffect(() => {
    if (open && !loaded) loadOverlays().then(() => setReady(true), failed)
  }, [open])
  if (open) last.current = part
  if (!loaded || !last.current) return null
  // The name decides which part's props these are; the callers above pass matching ones.
  const Part = loaded[name] as unknown as ComponentType<P & { readonly open: boolean }>
  return <Part {...last.current} open={open} />
}
