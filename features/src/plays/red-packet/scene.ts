/** Calls of red packets, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

export const scenes: Readonly<Record<string, Scene>> = {
  async packet(stage) {
    await stage.fund('user/wang', 100)
    const body = { currency: 'points', amount: 100, count: 1, split: 'equal', greeting: '开业大吉' }
    const at = await stage.post('wang', 'red-packet', body)
    return [
      { name: 'red-packet.open', who: 'li', at },
      { name: 'red-packet.open', who: 'zhao', at },
      { name: 'red-packet.ticket', who: 'li', at },
      { name: 'red-packet.revoke', who: 'wang', at },
    ]
  },
}
