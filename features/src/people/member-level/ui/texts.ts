/** What the faces of levels and honours say, in both languages. */
import type { LocalText } from '@qun/contract'
import type { Honour } from '../contract.ts'

const say = (zh: string, en: string): LocalText => ({ 'zh-CN': zh, en })

export const levelTexts = {
  kind: say('群荣誉', 'Honours'),
  section: say('群等级与荣誉', 'Levels and honours'),
  top: say('已到最高等级', 'The highest level'),
  board: say('活跃榜', 'Most active'),
  past: say('往期荣誉', 'Past honours'),
  latest: say('上周荣誉', 'Last week'),
  none: say('还没有荣誉，聊起来吧', 'No honours yet; say something'),
  nobody: say('还没有人上榜', 'Nobody is listed yet'),
  how: say(
    '言之有物的发言、欢迎新朋友、解答问题都会积累；表情、接龙和重复的话不算。',
    'Words of substance, welcomes and answers count; emoji, stock phrases and repeats do not.',
  ),
  failed: say('暂时读不到，请稍后再看', 'It cannot be read just now'),
} as const

export const levelText = (level: number, title: string) => say(`LV${level} ${title}`, `LV${level} ${title}`)
export const pointsText = (points: number) => say(`${points} 分`, points === 1 ? '1 point' : `${points} points`)
export const nextText = (points: number, title: string) =>
  say(`再 ${points} 分升为「${title}」`, `${points} more to become “${title}”`)
export const todayText = (points: number, max: number) => say(`今日 ${points}/${max}`, `Today ${points}/${max}`)
export const weekText = (from: string, to: string) => say(`${from} 至 ${to}`, `${from} to ${to}`)

const figures: Readonly<Record<Honour, (n: number) => LocalText>> = {
  talkative: (n) => say(`说了 ${n} 句有内容的话`, `${n} messages of substance`),
  strong_newbie: (n) => say(`刚来就说了 ${n} 句`, `${n} messages, newly here`),
  performer: (n) => say(`${n} 个人接了 TA 的话`, `${n} people answered`),
  emotion: (n) => say(`${n} 句带着笑`, `${n} messages with a smile`),
  answerer: (n) => say(`回答了 ${n} 个人的问题`, `answered ${n} people`),
  connector: (n) => say(`和 ${n} 位新朋友搭上话`, `first words with ${n} people`),
}
export const figureText = (honour: Honour, n: number): LocalText => figures[honour](n)
