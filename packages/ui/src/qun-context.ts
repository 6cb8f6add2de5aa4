/** What every component of the kit shares, and how it is read. */
import { textIn, type Locale, type SpokenAs, type Text } from '@qun/contract'
import type { QunClient } from '@qun/sdk'
import { createContext, useCallback, useContext } from 'react'
import type { RefObject } from 'react'
import type { AnyCardUI, Catalogue, GroupSection, ListAction, MemberSection, NameMark, Talk } from './card-ui.ts'
import { wordIn, type TextName, type TextValues } from './texts.ts'

export type ToastTone = 'plain' | 'ok' | 'danger'

export interface Qun {
  readonly client: QunClient
  readonly viewerId: string
  readonly locale: Locale
  readonly cards: ReadonlyMap<string, AnyCardUI>
  readonly sections: readonly GroupSection[]
  readonly memberSections: readonly MemberSection[]
  readonly banners: readonly GroupSection[]
  readonly nameMarks: readonly NameMark[]
  readonly listActions: readonly ListAction[]
  readonly talk: Talk | undefined
  readonly catalogue: Catalogue | undefined
  readonly toast: (text: Text, tone?: ToastTone) => void
  /** Where sheets and menus are drawn: inside the kit's own box, so that an embedded chat covers only itself. */
  readonly root: RefObject<HTMLDivElement | null>
}
export const QunContext = createContext<Qun | undefined>(undefined)

/** [MER7] The shop that the message drawn is spoken as, for the name of who started it. */
export const SpokenContext = createContext<SpokenAs | undefined>(undefined)
/** The same, around that name alone: other people in the card have their own. */
export const StarterContext = createContext<SpokenAs | undefined>(undefined)

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
