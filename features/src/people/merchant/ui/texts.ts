/** The words of whose group this is, in both languages. */
import type { LocalText } from '@qun/contract'

export const merchantTexts = {
  merchant: { 'zh-CN': '商家', en: 'Shop' },
  suspended: { 'zh-CN': '商家已暂停活动', en: 'The shop gives nothing for now' },
  mine: { 'zh-CN': '我的岗位', en: 'My post' },
} as const satisfies Record<string, LocalText>
