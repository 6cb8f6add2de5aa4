/** Calls of caps, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

export const scenes: Readonly<Record<string, Scene>> = {
  async budget(stage) {
    const cap = { scope: `campaign/spring-${stage.n}`, currency: 'points' }
    return [
      { name: 'budgets.set', who: 'host', body: { ...cap, cap: 100 } },
      { name: 'budgets.set', who: 'host', body: { ...cap, cap: null } },
    ]
  },
}
