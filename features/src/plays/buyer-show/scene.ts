/** Calls of buyer shows, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

export const scenes: Readonly<Record<string, Scene>> = {
  async show(stage) {
    const at = await stage.post('li', 'buyer-show', { text: '杏子味很明显' })
    return [
      { name: 'buyer-show.like', who: 'zhao', at, body: { on: true } },
      { name: 'messages.recall', who: 'li', at },
    ]
  },
}
