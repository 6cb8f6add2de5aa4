/** The plays in the demo's conversations, in both languages; nothing here knows how they are posted. */
import type { Lang, PlayScript } from './story-script.ts'

const dayMs = 86_400_000
const say = (zh: string, en: string) => (lang: Lang) => (lang === 'zh' ? zh : en)
const same = (input: unknown) => () => input

/** Points the host gives before anything is told: who sends red packets needs some. */
export const openingPoints: Readonly<Record<string, number>> = { wang: 5_000, he: 800, li: 300, zhao: 260, sun: 180 }

export const breadList: PlayScript = {
  kind: 'relay-list',
  body: (now, lang) => ({
    title: say('周六面包接龙', 'Saturday bread, sign up here')(lang),
    note: say('周四晚八点截止，周六十点后来拿', 'Until Thursday at eight; pick up on Saturday after ten')(lang),
    fields: [
      {
        name: say('哪种', 'Which')(lang),
        kind: 'select',
        required: true,
        options: [
          { name: say('乡村', 'Country')(lang) },
          { name: say('全麦', 'Wholemeal')(lang) },
          { name: say('核桃', 'Walnut')(lang), capacity: 6 },
        ],
      },
      { name: say('几个', 'How many')(lang), kind: 'number', required: true, min: 1, max: 9 },
    ],
    unitPriceFen: 2_800,
    capacity: 30,
    perMember: 2,
    editing: 'own',
    anonymousAmounts: false,
    endsAt: Math.round(now) + 2 * dayMs,
  }),
  acts: [
    { by: 'zhao', action: 'join', input: same({ values: [0, 1] }) },
    { by: 'doudou', action: 'join', input: same({ values: [0, 1] }) },
    { by: 'doudou', action: 'join', input: same({ values: [2, 1] }) },
    { by: 'li', action: 'join', input: same({ values: [1, 1] }) },
    { by: 'liu', action: 'join', input: same({ values: [2, 2] }) },
  ],
}
export const classPoll: PlayScript = {
  kind: 'poll',
  body: (now, lang) => ({
    question: say('面包课想哪天上？', 'Which day suits you for the bread class?')(lang),
    options: [
      say('周六下午', 'Saturday afternoon')(lang),
      say('周日上午', 'Sunday morning')(lang),
      say('工作日晚上', 'A weekday evening')(lang),
    ],
    choicesMax: 2,
    anonymous: false,
    mayChange: true,
    mayAdd: true,
    hideResults: false,
    closesAt: Math.round(now) + 3 * dayMs,
  }),
  acts: [
    { by: 'zhao', action: 'vote', input: same({ choices: [1] }) },
    { by: 'doudou', action: 'vote', input: same({ choices: [0, 1] }) },
    { by: 'liu', action: 'vote', input: same({ choices: [0] }) },
    { by: 'bai', action: 'vote', input: same({ choices: [1, 2] }) },
  ],
}
export const brewCheckIn: PlayScript = {
  kind: 'check-in',
  body: (_now, lang) => ({
    title: say('每天一杯手冲', 'A pour-over a day')(lang),
    opens: 0,
    closes: 1_440,
    mode: 'consecutive',
    milestones: [
      { days: 7, points: 20 },
      { days: 21, points: 100 },
    ],
    proof: 'none',
    makeUps: 1,
    leaderboard: true,
  }),
  acts: ['sun', 'lin', 'wu', 'mei'].map((by) => ({ by, action: 'check', input: same({}) })),
}
export const brewPacket: PlayScript = {
  kind: 'red-packet',
  body: (_now, lang) => ({
    currency: 'points',
    amount: 188,
    count: 4,
    split: 'lucky',
    greeting: say('周三冲煮愉快', 'Happy Wednesday brewing')(lang),
  }),
  acts: ['sun', 'lin'].map((by) => ({ by, action: 'open', input: same({}) })),
}
