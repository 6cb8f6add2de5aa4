/** Calls of check-ins, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

const day = 86_400_000
const dateOf = (at: number) => new Date(at + day / 3).toISOString().slice(0, 10)
export const scenes: Readonly<Record<string, Scene>> = {
  async programme(stage) {
    const begun = dateOf(stage.now)
    const at = await stage.post('wang', 'check-in', {
      ...{ title: '每天读书', opens: 0, closes: 1_440, mode: 'consecutive', milestones: [{ days: 1, points: 5 }] },
      ...{ proof: 'none', makeUps: 1, leaderboard: true },
    })
    await stage.world.jump(day)
    return [
      { name: 'check-in.check', who: 'li', at },
      { name: 'check-in.make_up', who: 'li', at, body: { day: begun } },
      { name: 'check-in.end', who: 'he', at },
    ]
  },
}
