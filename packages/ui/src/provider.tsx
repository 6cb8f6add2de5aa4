/** What every component of the kit shares: the client, the reader's language, the registered faces, toasts. */
import type { Locale, Text } from '@qun/contract'
import { localeOf, textIn } from '@qun/contract'
import type { QunClient } from '@qun/sdk'
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react'
import type { ReactNode, RefObject } from 'react'
import type { AnyCardUI, FeatureUI, GroupSection, MemberSection, Talk } from './card-ui.ts'
import { useReadable } from './hooks.tsx'
import { wordIn, type TextName, type TextValues } from './texts.ts'
import { ToastArea, useToastQueue, type ToastTone } from './toast.tsx'

export interface Qun {
  readonly client: QunClient
  readonly viewerId: string
  readonly locale: Locale
  readonly cards: ReadonlyMap<string, AnyCardUI>
  readonly sections: readonly GroupSection[]
  readonly memberSections: readonly MemberSection[]
  readonly banners: readonly GroupSection[]
  readonly talk: Talk | undefined
  readonly toast: (text: Text, tone?: ToastTone) => void
  /** Where sheets and menus are drawn: inside the kit's own box, so that an embedded chat covers only itself. */
  readonly root: RefObject<HTMLDivElement | null>
}
const QunContext = createContext<Qun | undefined>(undefined)

/** The kit's surroundings. Throws outside `QunProvider`. */
export function useQun(): Qun {
  const qun = useContext(QunContext)
  if (!qun) throw new Error('useQun needs a QunProvider above it')
  return qun
}
/** Reads a text in the viewer's language. */
export function useText(): (text: Text) => string {
  const { locale } = useQun()
  return useCallback((text: Text) => textIn(text, locale), [locale])
}
/** Reads a word of the kit's own catalogue. */
export function useWords(): (name: TextName, values?: TextValues) => string {
  const { locale } = useQun()
  return useCallback((name: TextName, values?: TextValues) => wordIn(locale, name, values), [locale])
}

export interface QunProviderProps {
  readonly client: QunClient
  /** Features' UI modules, or plain lists of card UIs. Later ones replace earlier ones of the same kind. */
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
    talk: features.findLast((one) => one.talk)?.talk,
  }
}
function browserLocale(): Locale {
  return localeOf(typeof navigator === 'undefined' ? undefined : navigator.language)
}
const none: NonNullable<QunProviderProps['cards']> = []

/**
 * Gives the kit its client and look. It fills its parent, which therefore needs a height; nothing outside it is
 * styled. Overlays stay inside it.
 */
export function QunProvider(props: QunProviderProps) {
  const { client, cards = none, locale = browserLocale(), theme = 'auto', className, children } = props
  const root = useRef<HTMLDivElement>(null)
  const userId = useReadable(client.userId)
  const { toasts, toast } = useToastQueue()
  const features = useMemo(() => collectFeatures(cards), [cards])
  const qun = useMemo<Qun>(
    () => ({ client, viewerId: userId ?? '', locale, ...features, toast, root }),
    [client, userId, locale, features, toast],
  )
  // Overlays need the root element, which exists only after the first commit.
  const [mounted, setMounted] = useState(false)
  useEffect(() => setMounted(true), [])
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
