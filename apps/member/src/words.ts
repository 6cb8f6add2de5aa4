/** The few words of the member app; the kit brings the rest. */
import type { Locale } from '@qun/contract'

export const words: Readonly<Record<Locale, { readonly title: string; readonly hint: string }>> = {
  'zh-CN': { title: '请从应用里打开', hint: '登录已结束，或者链接不完整。回到你的应用再点一次「消息」。' },
  en: {
    title: 'Please open it from your app',
    hint: 'You are signed out, or the link is incomplete. Go back to your app and open Chats again.',
  },
}
