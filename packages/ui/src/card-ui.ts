/** How a feature shows itself: the face of a card, its form, its part of the group page. Knows no feature by name. */
import type {
  ActionsOf,
  BodyOf,
  Card,
  InputOf,
  LocalText,
  Locale,
  MemberRow,
  MineOf,
  Role,
  StateOf,
} from '@qun/contract'
import type { GroupHandle, GroupView, QunClient, ViewMessage } from '@qun/sdk'
import type { ReactNode } from 'react'

/** A card whose parts are not known here: what registries of many kinds hold. */
// Cards are invariant in their parts, so a registry of different cards cannot name one of them.
export type AnyCard = Card<any, any, any, any, any>

export interface Viewer {
  readonly userId: string
  readonly role: Role
}

export interface CardFaceProps<C> {
  readonly body: BodyOf<C>
  readonly state: StateOf<C>
  readonly mine: MineOf<C> | undefined
  /** Asks the card to do something; throws the server's refusal, which `ActionButton` shows as a toast. */
  readonly act: <A extends keyof ActionsOf<C> & string>(action: A, input: InputOf<C, A>) => Promise<void>
  readonly viewer: Viewer
  /** A preview in a form has `seq` 0. */
  readonly message: ViewMessage
  readonly group: GroupHandle
  /** Server time in epoch ms when the face was drawn. For a clock that moves use `useServerNow()` or `Countdown`. */
  readonly now: number
  readonly locale: Locale
}
export interface ComposeProps<C> {
  readonly group: GroupHandle
  /** Posts and closes the sheet; throws the refusal when the server says no. */
  readonly submit: (body: BodyOf<C>) => Promise<void>
  readonly close: () => void
}
export interface CardUIParts<C> {
  /** The face. It may use hooks; state of the server arrives through props. */
  readonly Card: (props: CardFaceProps<C>) => ReactNode
  /** `true`: a bubble that draws itself, without the frame of a live card; `'system'`: a centred line. */
  readonly plain?: boolean | 'system'
  /** The form in the plus menu's sheet. */
  readonly Compose?: (props: ComposeProps<C>) => ReactNode
  readonly icon?: ReactNode
  /**
   * For system lines that come in runs (people joining): who is in this one. Neighbours are drawn as one line,
   * 「赵阿姨 等 12 人加入了群」. Undefined for lines that stand alone.
   */
  readonly fold?: (body: BodyOf<C>) => { readonly names: readonly string[]; readonly count: number } | undefined
  /** What people call the kind: `{ 'zh-CN': '抽奖', en: 'Lucky draw' }`. */
  readonly label?: LocalText
  /** False keeps the form out of the plus menu. Default: shown to those whose role may post the card. */
  readonly menu?: boolean
}
export interface CardUI<C = AnyCard> extends CardUIParts<C> {
  readonly card: C
}
/** What a registry holds: any card's UI, types forgotten. */
// Faces are contravariant in their card, so only `any` lets one array hold them all.
export type AnyCardUI = CardUI<any>

export function defineCardUI<C extends AnyCard>(card: C, ui: CardUIParts<C>): CardUI<C> {
  return { card, ...ui }
}

export interface GroupSectionProps {
  readonly group: GroupHandle
  readonly view: GroupView
  readonly viewer: Viewer
  readonly client: QunClient
}
/** A feature's part of the group page. */
export interface GroupSection {
  readonly name: string
  readonly title?: LocalText
  /** Ascending; the kit's own parts: people 100, group 200, mine 300, leaving 900. */
  readonly order: number
  /** Draws nothing by returning null, for viewers it does not concern. */
  readonly Section: (props: GroupSectionProps) => ReactNode
}
export function defineGroupSection(section: GroupSection): GroupSection {
  return section
}

/** A part of the sheet that opens from a member's face. */
export interface MemberSectionProps extends GroupSectionProps {
  readonly member: MemberRow
  readonly close: () => void
}
export interface MemberSection {
  readonly name: string
  readonly order: number
  readonly Section: (props: MemberSectionProps) => ReactNode
}
export function defineMemberSection(section: MemberSection): MemberSection {
  return section
}

/** A sign beside a member's name. It is drawn in every row, so it reads what is at hand: the records of the view. */
export interface NameMark {
  readonly name: string
  readonly order: number
  readonly Mark: (props: { readonly userId: string; readonly view: GroupView }) => ReactNode
}
export function defineNameMark(mark: NameMark): NameMark {
  return mark
}

/** A button in the bar over the conversations: to make a group. */
export interface ListAction {
  readonly name: string
  readonly order: number
  readonly Action: (props: { readonly onOpen: (groupId: string) => void }) => ReactNode
}
export function defineListAction(action: ListAction): ListAction {
  return action
}

export interface Draft {
  readonly text: string
  /** User ids whose `@name` stands in the text; '*' is everybody. */
  readonly mentions: readonly string[]
  readonly quote?: ViewMessage
}
export interface Writing {
  readonly card: AnyCard
  readonly body: unknown
}
export interface ReactionChip {
  readonly emoji: string
  readonly count: number
  readonly own: boolean
  /** Those we know of, for the tooltip. */
  readonly userIds: readonly string[]
}
export interface Reactor {
  readonly userId: string
  readonly name: string
  readonly emoji: string
}
/** How the kit's composer and menus speak. Filled by the feature that owns plain messages; the kit knows no kind. */
export interface Talk {
  write(draft: Draft): Writing
  /** Uploads a picture and gives the message that shows it. */
  writeImage?(
    client: QunClient,
    group: GroupHandle,
    picture: File,
    onProgress: (share: number) => void,
    signal: AbortSignal,
  ): Promise<Writing>
  /** Uploads a picture for a card that will show it, and gives the id it goes by. */
  uploadPicture?(
    client: QunClient,
    group: GroupHandle,
    picture: File,
    onProgress: (share: number) => void,
    signal: AbortSignal,
  ): Promise<{ readonly mediaId: string }>
  /** A picture of the group by what its upload answered; other features show pictures with it. Fills its box. */
  readonly Picture?: (props: {
    readonly groupId: string
    readonly mediaId: string
    readonly alt: string
    /** The whole picture instead of its thumbnail. */
    readonly full?: boolean
  }) => ReactNode
  /** The words of a message to copy, quote or edit; undefined when it has none. */
  textOf(message: Pick<ViewMessage, 'kind' | 'body' | 'state'>): string | undefined
  /** User ids named in a message, so that editing keeps them. */
  mentionsOf?(message: Pick<ViewMessage, 'kind' | 'body' | 'state'>): readonly string[]
  /** `now` is server time in epoch ms. */
  canEdit?(message: ViewMessage, now: number): boolean
  edit?(group: GroupHandle, message: ViewMessage, draft: Draft): Promise<void>
  canReact?(message: ViewMessage): boolean
  /** Adds the viewer's reaction, or takes it away when it is there. */
  react?(group: GroupHandle, message: ViewMessage, emoji: string, viewerId: string): Promise<void>
  reactionsOf?(message: ViewMessage, viewerId: string): readonly ReactionChip[]
  /** Who reacted, oldest first, by pages; with one emoji only when it is given. */
  reactors?(
    client: QunClient,
    group: GroupHandle,
    message: ViewMessage,
    asked: { readonly emoji?: string | undefined; readonly cursor?: string | undefined },
  ): Promise<{ readonly items: readonly Reactor[]; readonly cursor: string | null }>
}

/** A product of the host's catalogue, as the form of a card that offers it needs it. */
export interface PickedProduct {
  readonly productId: string
  readonly title: string
  readonly image?: string
  /** What it costs in the shop: the list price. */
  readonly priceFen: number
  /** No card sells it below this; null: none sells below the list price. */
  readonly floorFen: number | null
  /** Null when the host does not tell. */
  readonly stock: number | null
}
export interface ProductPickerProps {
  readonly group: GroupHandle
  /** Ties the field to its label and fault. */
  readonly marks: { readonly id: string; readonly 'aria-invalid'?: true; readonly 'aria-describedby'?: string }
  readonly picked: PickedProduct | undefined
  readonly onPick: (product: PickedProduct | undefined) => void
}
/** How forms choose what they offer. Filled by the feature that keeps the catalogue; the kit knows no product. */
export interface Catalogue {
  /** Products that whoever types may offer in the group, with floor and stock. */
  readonly Picker: (props: ProductPickerProps) => ReactNode
}

/**
 * All that one feature shows. A feature's `ui/index.tsx` module itself has this form: `default` its cards, and named
 * `sections`, `memberSections`, `banners`, `nameMarks`, `listActions`, `talk`, `catalogue`; so registering one is
 * `import * as it` and a line in a list.
 */
export interface FeatureUI {
  readonly default?: readonly AnyCardUI[]
  /** Parts of the group page. */
  readonly sections?: readonly GroupSection[]
  readonly memberSections?: readonly MemberSection[]
  /** Lines above the messages of a group: an announcement, what is going on. Each draws null when it has nothing. */
  readonly banners?: readonly GroupSection[]
  readonly nameMarks?: readonly NameMark[]
  readonly listActions?: readonly ListAction[]
  readonly talk?: Talk
  readonly catalogue?: Catalogue
}
