/** Calls of lucky draws, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

const minute = 60_000
const body = (now: number, more: object = {}) => ({
  ...{ title: '周三咖啡抽奖', closesAt: now + minute, drawsAt: now + 2 * minute, organiser: '山茶咖啡' },
  ...{ contact: '021-5555 0100', conditions: '每人一次', method: '到店领取' },
  ...{
    prizes: [{ name: '手冲一杯', quantity: 1, valueFen: 3_800 }],
    chances: { most: 3, how: '邀请一位好友' },
    ...more,
  },
})
export const scenes: Readonly<Record<string, Scene>> = {
  async draw(stage) {
    const at = await stage.post('wang', 'lucky-draw', body(stage.now))
    const params = { ...at, chanceId: `c-${stage.n}` }
    return [
      { name: 'lucky-draw.enter', who: 'li', at },
      { name: 'lucky-draw.cancel', who: 'he', at, body: { reason: '改期' } },
      { name: 'draws.grantChance', who: 'host', params, body: { userId: 'li' } },
    ]
  },
  async drawn(stage) {
    const at = await stage.post('wang', 'lucky-draw', body(stage.now, { claimDays: 7 }))
    await stage.make({ name: 'lucky-draw.enter', who: 'li', at })
    await stage.world.jump(3 * minute)
    return [{ name: 'lucky-draw.claim', who: 'li', at }]
  },
}
