/** People, groups and words for the gallery, drawn and written for the product. */
import type { Conversation, GroupView, ViewMessage } from '@qun/sdk'
import {
  aConversation,
  aGroup,
  aMember,
  aMessage,
  aView,
  fixtureGroupId,
  fixtureMembers,
  fixtureNow,
} from '../src/fixture.ts'

const minute = 60_000
const day = 24 * 60 * minute
const text = (words: string, more: object = {}) => ({ text: words, ...more })
const plain = { edits: 0, reactions: [] }

const drawBody = {
  title: '三月新品试吃官抽奖',
  closesAt: fixtureNow + 50 * minute,
  drawsAt: fixtureNow + 60 * minute,
  prizes: [
    { name: '六寸栗子蛋糕', quantity: 1, valueFen: 16_800 },
    { name: '海盐卷两枚', quantity: 5, valueFen: 2_400 },
  ],
  organiser: '山茶咖啡',
  contact: '店内柜台',
  conditions: '本群成员，每人一次',
  method: '七天内到店领取',
}
const drawState = { phase: 'open', entryCount: 23, drawId: 'd1', commit: '0'.repeat(64), winnerCount: 0, winners: [] }

let seq = 200
const at = (agoMs: number) => fixtureNow - agoMs
const say = (senderId: string, words: string, agoMs: number, more: Partial<ViewMessage> = {}) =>
  aMessage(++seq, senderId, 'text', text(words), { state: plain, at: at(agoMs), ...more })
const join = (name: string, agoMs: number) =>
  aMessage(
    ++seq,
    '',
    'system',
    { what: 'joined', people: [{ userId: name, name }], count: 1, via: 'order' },
    { at: at(agoMs) },
  )
const messages: ViewMessage[] = [
  say('zhao', '王店长，今天的海盐卷还有吗？昨天去晚了一步没买到 😭', day + 40 * minute),
  say('wang', '有的赵阿姨，下午三点出第二炉，给您留两个？', day + 38 * minute),
  say('zhao', '好好好，三点半我接完孙子过来', day + 37 * minute, {
    state: { edits: 0, reactions: [{ emoji: '👍', count: 2 }] },
  }),
  say('li', '我也要两个！', day + 36 * minute),
  join('陈小姐', 95 * minute),
  join('老周', 94 * minute),
  join('阿Ken', 93 * minute),
  say('he', '欢迎新朋友～群里每周三有试吃，想喝什么可以直接点名', 92 * minute, {
    state: {
      edits: 0,
      reactions: [
        { emoji: '🎉', count: 5 },
        { emoji: '❤️', count: 3 },
      ],
    },
    mine: {
      row: 'mine',
      groupId: fixtureGroupId,
      seq: 8,
      version: 1,
      kind: 'text',
      body: { reactions: ['🎉'] },
      hidden: false,
    },
  }),
  say('sun', '昨天的手冲是哪支豆子？回甘特别舒服，想带一包给同事。', 30 * minute),
  say('he', '是云南保山的日晒，柜台左边第二排，小包 100 克的', 28 * minute),
  say('he', '冲煮参数我发您：1:15，92 度，2 分 10 秒', 27 * minute),
  aMessage(++seq, 'sun', 'text', text('收到，谢谢小何！周末试试', { quote: { seq: 211 } }), {
    state: plain,
    at: at(26 * minute),
  }),
  aMessage(
    ++seq,
    'he',
    'image',
    { mediaId: 'med_0123456789abcdef0123456789abcdef', w: 1200, h: 900 },
    { state: { preview: '', reactions: [{ emoji: '😋', count: 4 }] }, at: at(12 * minute) },
  ),
  say('zhao', '看着就香', 11 * minute),
  aMessage(
    ++seq,
    'li',
    'text',
    text('@王店长 周六想订一个六寸的生日蛋糕，栗子的可以吗？参考 https://camellia.example/cakes/chestnut', {
      mentions: ['wang'],
    }),
    { state: plain, at: at(10 * minute) },
  ),
  aMessage(++seq, 'wang', 'text', text('@小李 可以的，周六上午十点以后来取，写什么字？', { mentions: ['li'] }), {
    state: plain,
    at: at(8 * minute),
  }),
  say('li', '写「妈妈生日快乐」', 7 * minute, {
    state: { edits: 1, edited: { text: '写「妈妈六十岁生日快乐」，字用绿色的', at: at(6 * minute) }, reactions: [] },
  }),
  aMessage(++seq, 'wang', 'text', null, {
    state: null,
    at: at(6 * minute),
    recalled: { by: 'wang', at: at(5 * minute) },
  }),
  say('wang', '没问题，给阿姨画一枝山茶花 🌺', 5 * minute),
  aMessage(++seq, 'wang', 'lucky-draw', drawBody, { state: drawState, at: at(4 * minute) }),
  aMessage(++seq, 'he', 'mystery-box', { anything: 1 }, { at: at(3 * minute) }),
  say('sun', '这个抽奖好，参与了', 2 * minute),
  say('zhao', '🎉', 1.5 * minute),
]

export function seedView(overrides: Partial<GroupView> = {}, without: readonly string[] = []): GroupView {
  const list = messages.filter((message) => !without.includes(message.kind))
  const people = [
    ...fixtureMembers,
    aMember('chen', '陈小姐'),
    aMember('ken', '阿Ken'),
    aMember('bot', '小茶', { badge: 'bot' }),
    ...['林同学', '老吴', '周医生', 'Mia', '阿强', '刘姐', '夏天', 'Daniel Fung', '梁叔'].map((name, index) =>
      aMember(`p${index}`, name),
    ),
  ]
  return aView(list, {
    group: aGroup({ memberCount: people.length }),
    members: new Map(people.map((one) => [one.userId as string, one])),
    atStart: false,
    readSeq: list.at(-1)?.seq ?? 0,
    unread: 0,
    ...overrides,
  })
}
export function olderThan(firstSeq: number): ViewMessage[] {
  if (firstSeq <= 1) return []
  const from = Math.max(1, firstSeq - 50)
  const words = [
    '早上好呀',
    '今天有可颂吗',
    '有的，刚出炉',
    '给我留三个，十点来取',
    '好的，已经装好放柜台了，报名字就行，今天的黄油特别香',
    '谢谢！',
  ]
  const people = ['zhao', 'li', 'wang', 'li', 'he', 'sun']
  return Array.from({ length: firstSeq - from }, (_, index) => {
    const seq = from + index
    return aMessage(seq, people[seq % 6]!, 'text', text(`${words[seq % 6]!} · ${seq}`), {
      state: plain,
      at: fixtureNow - 3 * day + (seq - 200) * 4 * minute,
    })
  })
}
function oneGroup(
  id: string,
  name: string,
  people: readonly string[],
  last: readonly [string, string],
  agoMs: number,
  more: Partial<Conversation> = {},
): Conversation {
  const groupId = id as Conversation['groupId']
  return aConversation({
    groupId,
    name,
    faces: people.map((person) => ({ name: person, avatar: '' })),
    memberCount: people.length,
    head: {
      groupId,
      version: 1,
      lastSeq: 9,
      lastOrdinal: 9,
      at: fixtureNow - agoMs,
      last: { seq: 9, senderId: last[0] === '' ? '' : 'x', senderName: last[0], kind: 'text', summary: last[1] },
    },
    ...more,
  })
}
const groups = [
  oneGroup(
    fixtureGroupId,
    '山茶咖啡 · 老顾客群',
    ['王店长', '小何', '小李', '赵阿姨', '孙老师', '陈小姐', '阿Ken', '林同学', '老吴'],
    ['赵阿姨', '🎉'],
    1.5 * minute,
    { pinned: true, unread: 3, mentions: [216] },
  ),
  oneGroup(
    'grp_orderr1',
    '订单 8842 · 配送中',
    ['王店长', '小李', '骑手张师傅'],
    ['张师傅', '我到楼下了，麻烦开一下门'],
    9 * minute,
    { unread: 1 },
  ),
  oneGroup(
    'grp_bakeee1',
    '周末烘焙小课堂',
    ['小何', '孙老师', 'Mia', '刘姐'],
    ['刘姐', '请问低筋面粉可以用中筋代替吗？烤出来会不会硬'],
    50 * minute,
    { unread: 128 },
  ),
  oneGroup(
    'grp_cityrun',
    '滨江夜跑团',
    ['阿强', '夏天', 'Daniel Fung', '梁叔', '周医生'],
    ['阿强', '今晚七点半老地方集合'],
    3 * 60 * minute,
    { quiet: true, unread: 12 },
  ),
  oneGroup('grp_books01', '慢读书会', ['孙老师', '林同学'], ['孙老师', '这周读第三章，周日晚上聊'], day + 20 * minute),
  oneGroup('grp_plants1', '阳台种花交流', ['刘姐', '赵阿姨', '老吴', '陈小姐'], ['', '老吴加入了群聊'], 3 * day, {
    quiet: true,
  }),
  oneGroup(
    'grp_parents',
    '三年级二班家长群',
    ['孙老师', '小李', '陈小姐', '周医生', 'Mia', '阿Ken'],
    ['孙老师', '春游回执请周五前交'],
    12 * day,
  ),
]
/** `readSeq` is how far the viewer has read the first of them. */
export function seedConversations(readSeq: number): Conversation[] {
  return groups.map((one) => ({ ...one, mentions: one.mentions.filter((seq) => seq > readSeq) }))
}
