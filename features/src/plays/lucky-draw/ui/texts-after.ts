/** What the faces of a lucky draw say of unclaimed prizes and of the second draw, in both languages. */
import type { LocalText } from '@qun/contract'

const say = (zh: string, en: string): LocalText => ({ 'zh-CN': zh, en })

export const afterTexts = {
  unclaimed: say('逾期未领的奖品', 'Prizes not claimed in time'),
  unclaimedVoid: say('退回主办方', 'Go back to the organiser'),
  unclaimedRedraw: say('在未中奖的人中补抽一次', 'Are drawn once more among who did not win'),
  redraw: say('补抽', 'Second draw'),
  lapsed: say('未按时领取，奖品已补抽', 'You did not claim in time; the prize was drawn again'),
  nobodyLeft: say('没有可以补抽的人', 'Nobody was left to draw'),
  checkRedraw: say('重新补抽得到同样的中奖者', 'The second draw repeats to the same winners'),
  chances: say('额外机会', 'Extra chances'),
  campaign: say('活动名称，计入其预算（选填）', 'Campaign, for its budget (optional)'),
  campaignFault: say('只能用字母、数字和 _ . -', 'Letters, digits and _ . - only'),
} as const
export const chancesText = (most: number, how: string): LocalText =>
  say(`${how}（每人合计最多 ${most} 次）`, `${how} (at most ${most} chances a person)`)

export const redrawnText = (n: number): LocalText =>
  say(
    `${n} 份无人领取的奖品已补抽`,
    n === 1 ? 'One unclaimed prize was drawn again' : `${n} unclaimed prizes were drawn again`,
  )
export const claimWithinText = (days: number): LocalText =>
  say(`开奖后 ${days} 天内领取`, days === 1 ? 'To be claimed within a day' : `To be claimed within ${days} days`)
