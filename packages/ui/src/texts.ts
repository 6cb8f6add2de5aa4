/** Every word the kit itself says, in each language. Features bring their own texts as LocalText values. */
import type { Locale, LocalText } from '@qun/contract'

const say = (zh: string, en: string): LocalText => ({ 'zh-CN': zh, en })

/** `{n}` is replaced by a value; `{n:one|other}` picks by number. */
export const texts = {
  'time.today': say('今天', 'Today'),
  'time.yesterday': say('昨天', 'Yesterday'),
  'count.over': say('99+', '99+'),
  'connection.connecting': say('连接中…', 'Connecting…'),
  'connection.offline': say('网络不可用，消息会在恢复后发送', 'No network. Messages will be sent when it is back'),
  'connection.closed': say('连接已断开', 'Disconnected'),
  'list.title': say('消息', 'Chats'),
  'list.empty': say('还没有群聊', 'No groups yet'),
  'list.emptyHint': say('加入一个群，从打个招呼开始', 'Join a group and say hello'),
  'list.loading': say('正在加载会话', 'Loading chats'),
  'list.draft': say('[草稿]', '[Draft]'),
  'list.mentioned': say('[有人@我]', '[Mentioned]'),
  'list.unread': say('{n} 条未读', '{n} unread'),
  'list.unreadQuiet': say('有未读消息', 'Unread messages'),
  'list.quiet': say('已免打扰', 'Quiet'),
  'list.pin': say('置顶', 'Pin to top'),
  'list.unpin': say('取消置顶', 'Unpin'),
  'list.pinned': say('已置顶', 'Pinned'),
  'list.makeQuiet': say('消息免打扰', 'Make quiet'),
  'list.makeLoud': say('取消免打扰', 'Notify me again'),
  'list.more': say('{name} 的更多操作', 'More for {name}'),
  'list.pick': say('选择一个群开始聊天', 'Pick a group to start talking'),
  'chat.back': say('返回', 'Back'),
  'chat.details': say('群详情', 'Group details'),
  'chat.messages': say('{name} 的消息', 'Messages in {name}'),
  'chat.loading': say('正在加载消息', 'Loading messages'),
  'chat.empty': say('还没有消息，说点什么吧', 'No messages yet. Say something'),
  'chat.loadingOlder': say('正在加载更早的消息', 'Loading earlier messages'),
  'chat.unreadDivider': say('以下是新消息', 'New messages'),
  'chat.below': say('{n} 条新消息', '{n} new {n:message|messages}'),
  'chat.above': say('{n} 条未读', '{n} unread'),
  'chat.mentioned': say('有人@我', 'Mentioned you'),
  'chat.toBottom': say('回到底部', 'Go to the latest'),
  'chat.typing': say('{names} 正在输入…', '{names} typing…'),
  'chat.typingMany': say('{n} 人正在输入…', '{n} people typing…'),
  'chat.notFound': say('消息不可见', 'The message is not visible to you'),
  'chat.members': say('{n} 人', '{n} {n:member|members}'),
  'chat.gone': say('你已无法查看这个群', 'You can no longer see this group'),
  'message.unknown': say('[此消息需要更新后查看]', '[Update the app to see this message]'),
  'message.recalledOwn': say('你撤回了一条消息', 'You recalled a message'),
  'message.recalled': say('{name} 撤回了一条消息', '{name} recalled a message'),
  'message.recalledBy': say('{name} 撤回了一条成员消息', "{name} recalled a member's message"),
  'message.rewrite': say('重新编辑', 'Edit again'),
  'message.sending': say('发送中', 'Sending'),
  'message.failed': say('发送失败', 'Not sent'),
  'message.failedMenu': say('发送失败，查看选项', 'Not sent. Show options'),
  'message.resend': say('重新发送', 'Send again'),
  'message.discard': say('删除', 'Delete'),
  'message.foldedJoins': say('{name} 等 {n} 人加入了群', '{name} and {others} {others:other|others} joined'),
  'message.showAll': say('展开', 'Show all'),
  'message.menu': say('消息操作', 'Message actions'),
  'message.copy': say('复制', 'Copy'),
  'message.copied': say('已复制', 'Copied'),
  'message.quote': say('引用', 'Quote'),
  'message.recall': say('撤回', 'Recall'),
  'message.hide': say('删除', 'Delete for me'),
  'message.hideTitle': say('删除这条消息？', 'Delete this message?'),
  'message.hideBody': say('只对你隐藏，其他成员仍能看到。', 'It is hidden for you only. Others still see it.'),
  'message.edit': say('编辑', 'Edit'),
  'message.react': say('用 {emoji} 回应', 'React with {emoji}'),
  'message.reacted': say('{emoji}，{n} 人', '{emoji}, {n} {n:person|people}'),
  'compose.placeholder': say('发消息', 'Message'),
  'compose.label': say('消息内容', 'Your message'),
  'compose.send': say('发送', 'Send'),
  'compose.save': say('保存修改', 'Save'),
  'compose.emoji': say('表情', 'Emoji'),
  'compose.keyboard': say('键盘', 'Keyboard'),
  'compose.plus': say('更多功能', 'More'),
  'compose.plusTitle': say('发送到群', 'Send to the group'),
  'compose.image': say('图片', 'Photo'),
  'compose.quoting': say('回复 {name}', 'Reply to {name}'),
  'compose.editing': say('正在编辑消息', 'Editing a message'),
  'compose.cancelQuote': say('取消引用', 'Cancel the quote'),
  'compose.cancelEdit': say('取消编辑', 'Cancel editing'),
  'compose.muted': say('你已被禁言，{until} 后可以发言', 'You are muted until {until}'),
  'compose.mutedAll': say(
    '全员禁言中，仅群主和管理员可以发言',
    'Everyone is muted. Only the owner and admins may speak',
  ),
  'compose.disbanded': say('群已解散，可以继续查看历史消息', 'This group was disbanded. Its history stays readable'),
  'compose.mention': say('选择要提醒的人', 'Mention someone'),
  'compose.mentionAll': say('所有人', 'Everyone'),
  'compose.uploading': say('正在上传图片 {n}%', 'Uploading the photo, {n}%'),
  'compose.uploadCancel': say('取消上传', 'Cancel upload'),
  'compose.notImage': say('只能发送图片', 'Only pictures can be sent'),
  'compose.drop': say('松手发送图片', 'Drop to send'),
  'group.title': say('群详情', 'Group details'),
  'group.members': say('群成员（{n}）', 'Members ({n})'),
  'group.allMembers': say('查看全部成员', 'See all members'),
  'group.searchMembers': say('搜索成员', 'Search members'),
  'group.quiet': say('消息免打扰', 'Quiet'),
  'group.quietHint': say('有人@你时仍会提醒', 'You are still told when somebody mentions you'),
  'group.pin': say('置顶聊天', 'Pin to top'),
  'group.rosterHidden': say('群成员列表不公开', 'The member list is hidden'),
  'role.owner': say('群主', 'Owner'),
  'role.admin': say('管理员', 'Admin'),
  'role.member': say('成员', 'Member'),
  'badge.merchant': say('商家', 'Shop'),
  'badge.staff': say('员工', 'Staff'),
  'badge.creator': say('达人', 'Creator'),
  'badge.rider': say('骑手', 'Rider'),
  'badge.bot': say('机器人', 'Bot'),
  'badge.official': say('官方', 'Official'),
  'member.left': say('已不在群里', 'No longer in the group'),
  'member.joined': say('{date} 加入', 'Joined {date}'),
  'member.muted': say('禁言至 {until}', 'Muted until {until}'),
  'member.self': say('我', 'You'),
  'member.mention': say('@ TA', 'Mention'),
  'dialog.cancel': say('取消', 'Cancel'),
  'dialog.close': say('关闭', 'Close'),
  'error.unknown': say('出了点问题，请稍后再试', 'Something went wrong. Please try again'),
  'error.offline': say('网络不可用，请稍后再试', 'No network. Please try again'),
  'countdown.days': say('{n} 天 {time}', '{n} {n:day|days} {time}'),
  'countdown.left': say('剩余 {time}', '{time} left'),
  'countdown.over': say('已结束', 'Ended'),
} as const satisfies Record<string, LocalText>

export type TextName = keyof typeof texts
export type TextValues = Readonly<Record<string, string | number>>

const hole = /\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g

/** Fills the holes of a text. A hole without a value stays visible, so that tests and people notice it. */
export function fill(text: string, values: TextValues = {}): string {
  return text.replace(hole, (whole, name: string, one?: string, other?: string) => {
    const value = values[name]
    if (value === undefined) return whole
    if (one !== undefined && other !== undefined) return Number(value) === 1 ? one : other
    return String(value)
  })
}
/** A word of the kit for one reader. */
export function wordIn(locale: Locale, name: TextName, values?: TextValues): string {
  return fill(texts[name][locale], values)
}
