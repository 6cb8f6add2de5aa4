/** What people read of a relay list, in both languages. */
import type { LocalText } from '@qun/contract'
import { moneyText } from '@qun/ui'
import type { OrderSum } from '../contract.ts'

export const relayTexts = {
  kind: { 'zh-CN': '接龙', en: 'Sign-up list' },
  join: { 'zh-CN': '我要接龙', en: 'Add my line' },
  again: { 'zh-CN': '再接一行', en: 'Add another' },
  edit: { 'zh-CN': '修改', en: 'Change' },
  save: { 'zh-CN': '保存', en: 'Save' },
  withdraw: { 'zh-CN': '撤回这一行', en: 'Withdraw this line' },
  withdrawn: { 'zh-CN': '已撤回', en: 'withdrawn' },
  all: { 'zh-CN': '查看全部', en: 'See all' },
  closed: { 'zh-CN': '已截止', en: 'Closed' },
  ordered: { 'zh-CN': '已生成订单', en: 'Orders were made' },
  order: { 'zh-CN': '生成订单', en: 'Make orders' },
  orderAsk: { 'zh-CN': '按接龙生成订单？', en: 'Make orders of this list?' },
  orderLocks: {
    'zh-CN': '生成后接龙锁定，谁都不能再加、改或撤回。',
    en: 'The list is then locked for good: nobody can add, change or withdraw a line.',
  },
  empty: { 'zh-CN': '还没有人接龙，来做第一个', en: 'Nobody yet. Be the first' },
  manage: { 'zh-CN': '管理', en: 'Manage' },
  close: { 'zh-CN': '截止接龙', en: 'Close the list' },
  exportCsv: { 'zh-CN': '导出表格', en: 'Export a table' },
  copyText: { 'zh-CN': '复制文字版', en: 'Copy as text' },
  copied: { 'zh-CN': '已复制', en: 'Copied' },
  import: { 'zh-CN': '粘贴导入', en: 'Paste a list' },
  importHint: { 'zh-CN': '一行一个：1. 小林 x2', en: 'One a line: 1. Lin x2' },
  importGo: { 'zh-CN': '导入', en: 'Import' },
  unreadable: { 'zh-CN': '读不懂的行', en: 'Lines that cannot be read' },
  none: { 'zh-CN': '不选', en: 'None' },
  title: { 'zh-CN': '接龙标题', en: 'Title' },
  note: { 'zh-CN': '说明（选填）', en: 'Note (optional)' },
  fields: { 'zh-CN': '填写项目', en: 'Fields' },
  fieldName: { 'zh-CN': '名称', en: 'Name' },
  fieldKind: { 'zh-CN': '类型', en: 'Kind' },
  kindText: { 'zh-CN': '文字', en: 'Text' },
  kindNumber: { 'zh-CN': '数量', en: 'Number' },
  kindSelect: { 'zh-CN': '选项', en: 'Choice' },
  kindPhone: { 'zh-CN': '电话（打码）', en: 'Phone (masked)' },
  kindNote: { 'zh-CN': '备注', en: 'Note' },
  options: { 'zh-CN': '选项（用顿号或逗号隔开）', en: 'Options, separated by commas' },
  addField: { 'zh-CN': '添加项目', en: 'Add a field' },
  removeField: { 'zh-CN': '删除项目', en: 'Remove the field' },
  price: { 'zh-CN': '单价（元，选填）', en: 'Price (¥, optional)' },
  capacity: { 'zh-CN': '最多几行（选填）', en: 'Lines at most (optional)' },
  perMember: { 'zh-CN': '每人可接', en: 'Lines per person' },
  lasts: { 'zh-CN': '多久后截止', en: 'Closes after' },
  noEnd: { 'zh-CN': '不自动截止', en: 'No end' },
  hours6: { 'zh-CN': '6 小时', en: '6 hours' },
  day: { 'zh-CN': '1 天', en: '1 day' },
  threeDays: { 'zh-CN': '3 天', en: '3 days' },
  hideAmounts: { 'zh-CN': '数量仅发起人可见', en: 'Numbers for the starter alone' },
  publish: { 'zh-CN': '发起接龙', en: 'Start the list' },
  twice: { 'zh-CN': '名称重复', en: 'The name stands twice' },
}
export const countText = (count: number) => ({
  'zh-CN': `共 ${count} 行`,
  en: count === 1 ? '1 line' : `${count} lines`,
})
export const leftText = (left: number) => ({ 'zh-CN': `还剩 ${left} 个名额`, en: `${left} places left` })
export const fieldLabel = (at: number) => ({ 'zh-CN': `项目 ${at}`, en: `Field ${at}` })
export const optionLeftText = (name: string, left: number) => ({
  'zh-CN': `${name}（剩 ${left}）`,
  en: `${name} (${left} left)`,
})
export const editText = (no: number) => ({ 'zh-CN': `修改第 ${no} 行`, en: `Change line ${no}` })
export const importedText = (count: number) => ({ 'zh-CN': `已导入 ${count} 行`, en: `${count} lines taken in` })
/** What making orders comes to; pieces are told only where they differ from lines. */
export function orderSumText({ lineCount, quantity, amountFen }: OrderSum): LocalText {
  const [isMany, money] = [quantity !== lineCount, amountFen === null ? undefined : moneyText(amountFen)]
  const zh = [`${lineCount} 行接龙将生成 ${lineCount} 份订单`, isMany && `共 ${quantity} 件`, money && `合计 ${money}`]
  const en = [
    lineCount === 1 ? 'One line becomes one order' : `${lineCount} lines become ${lineCount} orders`,
    isMany && (quantity === 1 ? 'one piece' : `${quantity} pieces`),
    money && `${money} in all`,
  ]
  return { 'zh-CN': `${zh.filter(Boolean).join('，')}。`, en: `${en.filter(Boolean).join(', ')}.` }
}
export const orderedText = (lineCount: number) => ({
  'zh-CN': `已按 ${lineCount} 行生成订单，接龙已锁定`,
  en: `Orders of ${lineCount} ${lineCount === 1 ? 'line' : 'lines'} were made. The list is locked`,
})
