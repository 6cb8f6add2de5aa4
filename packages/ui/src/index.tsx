/** The entrance of the React kit. Knows no feature; features bring their faces through `QunProvider`. */
export * from './action-button.tsx'
export * from './avatar.tsx'
export * from './card-frame.tsx'
export * from './card-parts.tsx'
export * from './card-ui.ts'
export { memberOf, useChat, useChatIfAny, type Chat } from './chat-context.tsx'
export { Composer } from './composer.tsx'
export { ConnectionBar } from './connection-bar.tsx'
export { ConversationList, UnreadBadge, type ConversationListProps } from './conversation-list.tsx'
export { DetailsSheet, type DetailsSheetProps } from './details-sheet.tsx'
export * from './form-draft.tsx'
export * from './form-list.tsx'
export * from './form-parts.tsx'
export { FormPictures, pictureFaultOf, usePictures, type FormPicturesProps, type Pictures } from './form-pictures.tsx'
export { GroupChat, type GroupChatProps } from './group-chat.tsx'
export { GroupPage, type GroupPageProps } from './group-page.tsx'
export {
  buzz,
  useConversation,
  useConversations,
  useDrawnAt,
  useGroup,
  useLongPress,
  useServerNow,
  useWide,
} from './hooks.tsx'
export * from './icons.tsx'
export { splitMentions, type TextPart } from './mentions.ts'
export { Bubble, useSummary } from './message-face.tsx'
export { MessageList } from './message-list.tsx'
export { NameMarks } from './name-marks.tsx'
export { Dialog, MenuAt, Sheet, useOpen, type DialogProps, type MenuChoice, type SheetProps } from './overlay.tsx'
export { PageRow, PageSection, PageSwitch, type PageRowProps } from './page-parts.tsx'
export { countedPage, MoreBelow, usePages, type Page, type Pages } from './pages.tsx'
export { problemOf, problemText } from './problem.ts'
export { QrCode } from './qr-code.tsx'
export { useReadable } from './readable.ts'
export { ReasonDialog, type ReasonDialogProps } from './reason-dialog.tsx'
export { QunProvider, type QunProviderProps } from './provider.tsx'
export { useQun, useText, useWords, type Qun } from './qun-context.ts'
export { Panes, QunChat, type QunChatProps } from './qun-chat.tsx'
export { fill } from './texts.ts'
export { clockText, instantText, leftText, listTimeText, separatorText, type ReaderTime } from './time-text.ts'
export { Toast } from './toast.tsx'
