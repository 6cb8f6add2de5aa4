/** Calls of polls, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

export const scenes: Readonly<Record<string, Scene>> = {
  async poll(stage) {
    const at = await stage.post('li', 'poll', {
      ...{ question: '周六去哪', options: ['公园', '书店'], choicesMax: 1, anonymous: false },
      ...{ mayChange: false, mayAdd: true, hideResults: false },
    })
    return [
      { name: 'poll.vote', who: 'zhao', at, body: { choices: [0] } },
      { name: 'poll.vote', who: 'zhao', at, body: { choices: [1] } },
      { name: 'poll.add', who: 'zhao', at, body: { option: '河边' } },
      { name: 'poll.close', who: 'li', at },
    ]
  },
}
