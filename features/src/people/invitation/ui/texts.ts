/** What the faces of invitations say, in both languages. */
import type { LocalText } from '@qun/contract'

const say = (zh: string, en: string): LocalText => ({ 'zh-CN': zh, en })

export const inviteTexts = {
  offerTitle: say('来群里坐坐', 'Come and join us'),
  offerBanner: say('邀请你进群', 'invites you to its group'),
  offerOpen: say('看看', 'Have a look'),
  boughtBy: say('你刚收到', 'You just received'),
  join: say('加入群聊', 'Join the group'),
  enter: say('进入群聊', 'Open the group'),
  later: say('以后再说', 'Not now'),
  never: say('以后不再询问', 'Never ask again'),
  neverDone: say('好的，以后下单不会再邀请你进群', 'All right. You will not be invited after an order again'),
  quietPromise: say('进群后可以随时免打扰或退出。', 'You can make it quiet or leave at any time.'),
  joinTitle: say('加入群聊', 'Join a group'),
  loading: say('正在打开邀请', 'Opening the invitation'),
  rules: say('群介绍和规则', 'About and rules'),
  noRules: say('群主还没有写介绍', 'The owner has not written anything yet'),
  back: say('返回', 'Back'),
  retry: say('再试一次', 'Try again'),
  already: say('你已经在群里了', 'You are already in this group'),
  // the group page
  section: say('邀请入群', 'Invite people'),
  makeLink: say('生成入群链接和二维码', 'Make a link and a QR code'),
  links: say('入群链接', 'Join links'),
  linksHint: say(
    '链接只在生成时显示一次，请当场保存或分享。',
    'A link is shown once, when it is made. Save or share it then.',
  ),
  noLinks: say('还没有入群链接', 'No join links yet'),
  label: say('名称（可不填）', 'Name (optional)'),
  labelHint: say('例如：门口海报', 'For example: poster at the door'),
  life: say('有效期', 'Valid for'),
  lifeDay: say('1 天', '1 day'),
  lifeWeek: say('7 天', '7 days'),
  lifeMonth: say('30 天', '30 days'),
  lifeForever: say('一直有效', 'No end'),
  uses: say('可用次数', 'Uses'),
  usesAny: say('不限', 'Any number'),
  make: say('生成', 'Make the link'),
  copy: say('复制链接', 'Copy the link'),
  copied: say('链接已复制', 'The link was copied'),
  copyFailed: say('没有复制成功，请长按链接复制', 'Could not copy. Select the link and copy it'),
  qr: say('入群二维码', 'QR code to join'),
  revoke: say('停用', 'Revoke'),
  revokeAsk: say('停用这个链接？', 'Revoke this link?'),
  revokeSays: say(
    '停用后没有人能再用它入群，已经入群的人不受影响。',
    'Nobody can join by it afterwards. People who joined stay.',
  ),
  revoked: say('已停用', 'Revoked'),
  expired: say('已过期', 'Expired'),
  usedUp: say('已用完', 'Used up'),
  unnamed: say('未命名', 'Unnamed'),
} as const

/** One page for each way an invitation can fail: what happened, and what the person can do. */
export const outcomeTexts: Readonly<Record<string, { readonly title: LocalText; readonly hint: LocalText }>> = {
  'invite.expired': {
    title: say('邀请已过期', 'This invitation has expired'),
    hint: say(
      '邀请链接有时间限制，请分享的人再发一个。',
      'Invitations have a time limit. Ask whoever shared it for another.',
    ),
  },
  'invite.exhausted': {
    title: say('邀请名额已用完', 'This invitation is used up'),
    hint: say(
      '这个链接能邀请的人数已满，请分享的人再发一个。',
      'It could be used a set number of times. Ask for another.',
    ),
  },
  'invite.revoked': {
    title: say('邀请已停用', 'This invitation was withdrawn'),
    hint: say('群里的人停用了这个链接。', 'Somebody in the group turned this link off.'),
  },
  'invite.not_found': {
    title: say('没有找到这个邀请', 'There is no such invitation'),
    hint: say('链接可能没有复制完整，请检查一下。', 'The link may have been cut off. Please check it.'),
  },
  'group.dissolved': {
    title: say('群已解散', 'The group was disbanded'),
    hint: say('这个群已经不在了。', 'It is no longer there.'),
  },
  'group.full': {
    title: say('群成员已满', 'The group is full'),
    hint: say('有人离开后可以再试。', 'Try again when somebody has left.'),
  },
  'member.blacklisted': {
    title: say('无法加入这个群', 'You cannot join this group'),
    hint: say('如有疑问请联系商家。', 'Please ask the shop if you think this is wrong.'),
  },
  unknown: {
    title: say('邀请没有打开', 'The invitation did not open'),
    hint: say('可能是网络的问题，稍后再试。', 'It may be the network. Try again in a moment.'),
  },
}

export const membersText = (n: number) => say(`${n} 位成员`, `${n} ${n === 1 ? 'member' : 'members'}`)
export const sharedByText = (name: string) => say(`${name} 邀请你加入`, `${name} invites you`)
export const shopAsksText = (shop: string) => say(`${shop} 邀请你`, `${shop} invites you`)
export const usesText = (uses: number, max: number | null) =>
  max === null
    ? say(`已用 ${uses} 次`, `used ${uses} ${uses === 1 ? 'time' : 'times'}`)
    : say(`已用 ${uses}/${max} 次`, `used ${uses} of ${max}`)
export const untilText = (date: string) => say(`${date} 前有效`, `until ${date}`)
export const revokeLabelText = (label: string) => say(`停用「${label}」`, `Revoke “${label}”`)
