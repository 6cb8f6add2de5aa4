/** Calls of the wallet of points, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

export const scenes: Readonly<Record<string, Scene>> = {
  async points(stage) {
    const ref = `p-${stage.n}`
    const userId = `saver${stage.n}`
    await stage.call('users.put', 'host', { params: { userId }, body: { name: userId } })
    await stage.call('points.grant', 'host', { body: { ref: `${ref}/first`, userId, amount: 100 } })
    return [
      { name: 'points.grant', who: 'host', body: { ref: `${ref}/grant`, userId, amount: 50 } },
      { name: 'points.deduct', who: 'host', body: { ref: `${ref}/deduct`, userId, amount: 80 } },
      { name: 'points.deduct', who: 'host', body: { ref: `${ref}/other`, userId, amount: 90 } },
      { name: 'points.reverse', who: 'host', body: { ref: `${ref}/first`, by: `${ref}/back` } },
      { name: 'points.expire', who: 'host' },
      { name: 'points.fund', who: 'host', body: { ref: `${ref}/fund`, fund: 'spring', amount: 10 } },
    ]
  },
}
