/** The entrance of the React kit. Knows no feature; features bring their faces through `QunProvider`. */
export * from './parts/action-button.tsx'
export * from './parts/avatar.tsx'
export * from './cards/card-frame.tsx'
export * from './cards/card-parts.tsx'
export { CheckoutLink, checkoutAddress, type CheckoutAsked, type CheckoutLinkProps } from './cards/checkout-link.tsx'
export {
  Disclosure,
  gapsIn,
  RulesLink,
  type Disclosed,
  type DisclosedCoupon,
  type DisclosedDraw,
  type DisclosedName,
  type DisclosedSale,
} from './cards/disclosure.tsx'
export * from './card-ui.ts'
export { memberOf, senderOf, shopWhere, useChat, useChatIfAny, type Chat } from './chat-context.tsx'
export { Composer } from './compose/composer.tsx'
export { ConnectionBar } from './parts/connection-bar.tsx'
export { ConversationList, UnreadBadge, type ConversationListProps } from './list/conversation-list.tsx'
export { DetailsSheet, type DetailsSheetProps } from './cards/details-sheet.tsx'
export * from './forms/form-draft.tsx'
export * from './forms/form-list.tsx'
export * from './forms/form-parts.tsx'
export { FormProduct, type FormProductProps } from './forms/form-product.tsx'
export {
  FormPictures,
  pictureFaultOf,
  usePictures,
  type FormPicturesProps,
  type Pictures,
} from './forms/form-pictures.tsx'
export { GroupChat, type GroupChatProps } from './chat/group-chat.tsx'
export { GroupPage, type GroupPageProps } from './people/group-page.tsx'
export {
  buzz,
  useConversation,
  useConversations,
  useDrawnAt,
  useGroup,
  useLongPress,
  useServerNow,
  useWide,
} from './parts/hooks.tsx'
export * from './parts/icons.tsx'
export { splitMentions, type TextPart } from './compose/mentions.ts'
export { Bubble, useSummary } from './cards/message-face.tsx'
export { MessageList } from './chat/message-list.tsx'
export { NameMarks } from './people/name-marks.tsx'
export type { DialogProps, MenuChoice, SheetProps } from './parts/overlay-props.ts'
export { Dialog, MenuAt, Sheet, useOpen } from './parts/overlay.tsx'
export { PageRow, PageSection, PageSwitch, type PageRowProps } from './parts/page-parts.tsx'
export { countedPage, MoreBelow, usePages, type Page, type Pages } from './parts/pages.tsx'
export { problemOf, problemText } from './parts/problem.ts'
export { QrCode } from './parts/qr-code.tsx'
export { useReadable } from './parts/readable.ts'
export { ReasonDialog, type ReasonDialogProps } from './parts/reason-dialog.tsx'
export { QunProvider, type QunProviderProps } from './provider.tsx'
export { useQun, useText, useWords, type Qun } from './qun-context.ts'
export { Panes, QunChat, type QunChatProps } from './qun-chat.tsx'
export { fill } from './texts.ts'
export { clockText, instantText, leftText, listTimeText, separatorText, type ReaderTime } from './parts/time-text.ts'
export { Toast } from './parts/toast.tsx'
