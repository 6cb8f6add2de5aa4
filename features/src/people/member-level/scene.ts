/** Calls of levels, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

export const scenes: Readonly<Record<string, Scene>> = {
  async levels(stage) {
    const asked = await stage.post('li', 'text', { text: '周日还开门吗，想带朋友来' })
    const told = await stage.post('zhao', 'text', { text: '周日十点到六点都开着', quote: { seq: asked.seq } })
    const ref = `event-${stage.n}`
    return [
      { name: 'memberLevels.helpful', who: 'li', params: stage.inGroup, body: { seq: told.seq } },
      { name: 'memberLevels.grant', who: 'host', params: stage.inGroup, body: { userId: 'zhao', ref, points: 5 } },
      { name: 'messages.recall', who: 'li', at: asked },
    ]
  },
}
