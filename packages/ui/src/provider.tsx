/** Gives every part of the kit its surroundings: the client, the reader's language, the registered faces, toasts. */
import { localeOf, type Locale } from '@qun/contract'
import type { QunClient } from '@qun/sdk'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import type { AnyCardUI, FeatureUI } from './card-ui.ts'
import { useKeyboard } from './parts/keyboard.ts'
import { preloadOverlays } from './parts/overlay.tsx'
import { QunContext, type Qun } from './qun-context.ts'
import { useReadable } from './parts/readable.ts'
import { ToastArea, useToastQueue } from './parts/toast.tsx'

export interface QunProviderProps {
  readonly client: QunClient
  /** Features that are always there; `@qun/chat/react` gives all of them. */
  readonly features?: readonly FeatureUI[]
  /** More features' UI modules, or plain lists of card UIs. Later ones replace earlier ones of the same kind. */
  readonly cards?: readonly (FeatureUI | readonly AnyCardUI[] | AnyCardUI)[]
  /** The reader's language; the browser's when absent. */
  readonly locale?: Locale
  /** `auto` follows the system. */
  readonly theme?: 'light' | 'dark' | 'auto'
  readonly className?: string
  readonly children?: ReactNode
}
const isFeature = (one: FeatureUI | readonly AnyCardUI[] | AnyCardUI): one is FeatureUI =>
  !Array.isArray(one) && !('card' in one)

/** Sorts what features brought into what the kit looks up. */
export function collectFeatures(parts: NonNullable<QunProviderProps['cards']>) {
  const features = parts.map((one): FeatureUI => {
    if (isFeature(one)) return one
    return { default: 'card' in one ? [one] : one }
  })
  const inOrder = <T extends { readonly order: number }>(list: T[]) => list.toSorted((a, b) => a.order - b.order)
  return {
    cards: new Map(features.flatMap((one) => (one.default ?? []).map((ui) => [String(ui.card.kind), ui] as const))),
    sections: inOrder(features.flatMap((one) => one.sections ?? [])),
    memberSections: inOrder(features.flatMap((one) => one.memberSections ?? [])),
    banners: inOrder(features.flatMap((one) => one.banners ?? [])),
    nameMarks: inOrder(features.flatMap((one) => one.nameMarks ?? [])),
    listActions: inOrder(features.flatMap((one) => one.listActions ?? [])),
    talk: features.findLast((one) => one.talk)?.talk,
    catalogue: features.findLast((one) => one.catalogue)?.catalogue,
  }
}
function browserLocale(): Locale {
  return localeOf(typeof navigator === 'undefined' ? undefined : navigator.language)
}
const none: readonly [] = []
/** After the first screen, before a finger finds the first menu. */
const preloadMs = 1_500

/**
 * Gives the kit its client and look. It fills its parent, which therefore needs a height; nothing outside it is
 * styled. Overlays stay inside it.
 */
export function QunProvider(props: QunProviderProps) {
  const {
    client,
    features: given = none,
    cards = none,
    locale = browserLocale(),
    theme = 'auto',
    className,
    children,
  } = props
  const root = useRef<HTMLDivElement>(null)
  useKeyboard(root)
  const userId = useReadable(client.userId)
  const { toasts, toast } = useToastQueue()
  const features = useMemo(() => collectFeatures([...given, ...cards]), [given, cards])
  const qun = useMemo<Qun>(
    () => ({ client, viewerId: userId ?? '', locale, ...features, toast, root }),
    [client, userId, locale, features, toast],
  )
  // Overlays need the root element, which exists only after the first commit.
  const [mounted, setMounted] = useState(false)
  useEffect(() => {
    setMounted(true)
    const timer = setTimeout(preloadOverlays, preloadMs)
    return () => clearTimeout(timer)
  }, [])
  return (
    <QunContext value={qun}>
      <div
        ref={root}
        className={className === undefined ? 'qun' : `qun ${className}`}
        lang={locale}
        data-theme={theme === 'auto' ? undefined : theme}
      >
        {children}
        {mounted && <ToastArea toasts={toasts} locale={locale} />}
      </div>
    </QunContext>
  )
}
