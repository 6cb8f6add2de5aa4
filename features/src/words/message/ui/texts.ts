/** What the faces of messages say, in each language. */
import type { LocalText } from '@qun/contract'

export const messageTexts = {
  text: { 'zh-CN': '文字', en: 'Text' },
  image: { 'zh-CN': '图片', en: 'Photo' },
  edited: { 'zh-CN': '已编辑', en: 'Edited' },
  editedLabel: { 'zh-CN': '已编辑，查看修改记录', en: 'Edited, show earlier versions' },
  history: { 'zh-CN': '修改记录', en: 'Earlier versions' },
  posted: { 'zh-CN': '最初', en: 'As posted' },
  current: { 'zh-CN': '当前', en: 'As it reads' },
  quotedGone: { 'zh-CN': '引用的消息已撤回', en: 'The quoted message was recalled' },
  quotedFar: { 'zh-CN': '查看引用的消息', en: 'Show the quoted message' },
  everyone: { 'zh-CN': '所有人', en: 'Everyone' },
  openImage: { 'zh-CN': '查看图片', en: 'Open the photo' },
  imageLost: { 'zh-CN': '图片无法显示', en: 'The photo cannot be shown' },
  imageRetry: { 'zh-CN': '重新加载', en: 'Load again' },
  close: { 'zh-CN': '关闭', en: 'Close' },
  previous: { 'zh-CN': '上一张', en: 'Previous' },
  next: { 'zh-CN': '下一张', en: 'Next' },
  zoom: { 'zh-CN': '缩放', en: 'Zoom' },
  linkTitle: { 'zh-CN': '打开这个链接？', en: 'Open this link?' },
  linkWarning: {
    'zh-CN': '这个网址用了容易混淆的字符，可能是仿冒网站。真实地址是：',
    en: 'This address uses letters that look like others and may imitate another site. It really is:',
  },
  linkOpen: { 'zh-CN': '仍要打开', en: 'Open anyway' },
} as const satisfies Record<string, LocalText>
