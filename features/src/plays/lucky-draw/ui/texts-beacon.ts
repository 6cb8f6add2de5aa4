/** What the faces of a lucky draw say of public randomness, in both languages, and where one looks it up by hand. */
import type { LocalText } from '@qun/contract'

const say = (zh: string, en: string): LocalText => ({ 'zh-CN': zh, en })

export const beaconTexts = {
  entropyBeacon: say('种子 + 公开随机数（推荐）', 'Seed + a public random number (best)'),
  entropyGroupPlain: say('种子 + 参与者随机数', "Seed + entrants' numbers"),
  drawOnRound: say('公开随机数产生后', 'As soon as the number is out'),
  source: say('公开随机数', 'Public random number'),
  awaiting: say(
    '公开随机数暂时取不到，取到后自动开奖；不会换别的方式开奖。',
    'The public random number cannot be reached at the moment. The draw is held once it can, and in no other way.',
  ),
  byHand: say(
    '由多家独立机构共同产生，任何一家都不能预知或更改。这一轮的 randomness 应当是：',
    'Independent organisations make it together; none can foresee or change it. The “randomness” of this round is:',
  ),
  open: say('查看这一轮', 'Look up this round'),
} as const
export const roundText = (chain: string, round: number): LocalText =>
  say(`drand（${chain}）第 ${round} 轮`, `drand (${chain}), round ${round}`)

/** The public chains by the names draws give them. */
const publicChains: ReadonlyMap<string, string> = new Map([
  ['quicknet', '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971'],
  ['default', '8990e7a9aaed2ffed73dbd7092123d6f289930540d7651336225dc172e51b2ce'],
])
/** [LD25] Where anybody reads a round; undefined for a chain that is not public. */
export function roundLink(chain: string, round: number): string | undefined {
  const hash = publicChains.get(chain) ?? [...publicChains.values()].find((each) => each === chain)
  return hash === undefined ? undefined : `https://api.drand.sh/${hash}/public/${round}`
}
