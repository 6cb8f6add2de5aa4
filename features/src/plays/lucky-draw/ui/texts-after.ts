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
  campaign: say('活动名称，计入其预算（选填）', 'Campaign, for its budget (optional)'),
  campaignFault: say('只能用字母、数字和 _ . -', 'Letters, digits and _ . - only'),
} as const
export const chancesText = (most: number, how: string): LocalText =>
  say(`${how}（每人合计最多 ${most} 次）`, `${how} (at most ${most} chances a person)`)
export const onceText = say('每人参与一次，最多中一份', 'Each enters once, and wins once at most')
/** [E-22] How probable it is to win a unit, as far as it can be told while people still enter. */
export function chanceText(units: number, entryCount: number, hasMore: boolean): LocalText {
  if (entryCount === 0) return say('每次机会概率相同；还没有人参与', 'The same for each chance; nobody has entered yet')
  const people = entryCount === 1 ? 'one person is in' : `${entryCount} people are in`
  if (hasMore) return say(`每次机会概率相同；现有 ${entryCount} 人参与`, `The same for each chance; ${people}`)
  const percent = units >= entryCount ? '100%' : `${((100 * units) / entryCount).toFixed(1)}%`
  return say(
    `每人概率相同；现有 ${entryCount} 人参与，每人 ${percent}`,
    `The same for each; ${people}, ${percent} each`,
  )
}

export const redrawnText = (n: number): LocalText =>
  say(
    `${n} 份无人领取的奖品已补抽`,
    n === 1 ? 'One unclaimed prize was drawn again' : `${n} unclaimed prizes were drawn again`,
  )
export const claimWithinText = (days: number): LocalText =>
  say(`开奖后 ${days} 天内领取`, days === 1 ? 'To be claimed within a day' : `To be claimed within ${days} days`)
