/** The words of whose group this is, in both languages. */
import type { Ability, LocalText } from '@qun/contract'

export const merchantTexts = {
  merchant: { 'zh-CN': '商家', en: 'Shop' },
  suspended: { 'zh-CN': '商家已暂停活动', en: 'The shop gives nothing for now' },
  mine: { 'zh-CN': '我的岗位', en: 'My post' },
  staff: { 'zh-CN': '员工', en: 'Staff' },
  staffNone: { 'zh-CN': '还没有员工', en: 'Nobody works here yet' },
  staffAdd: { 'zh-CN': '添加员工', en: 'Add staff' },
  staffPick: { 'zh-CN': '从群成员中选择', en: 'Choose from the members' },
  staffRemove: { 'zh-CN': '移除员工', en: 'Remove from staff' },
  more: { 'zh-CN': '更多', en: 'More' },
  post: { 'zh-CN': '岗位', en: 'Post' },
  postMissing: { 'zh-CN': '请填写岗位', en: 'Say what the post is called' },
  abilities: { 'zh-CN': '权限', en: 'Abilities' },
  save: { 'zh-CN': '保存', en: 'Save' },
} as const satisfies Record<string, LocalText>
export const abilityTexts = {
  'talk-as': { 'zh-CN': '以店铺身份发言', en: 'Speak as the shop' },
  moderate: { 'zh-CN': '管理秩序', en: 'Keep order' },
  issue: { 'zh-CN': '发放权益', en: 'Give value' },
  campaign: { 'zh-CN': '群发与自动化', en: 'Send to many' },
  'read-numbers': { 'zh-CN': '查看数据', en: 'See figures' },
  manage: { 'zh-CN': '管理员工与设置', en: 'Manage staff and settings' },
} as const satisfies Record<Ability, LocalText>
