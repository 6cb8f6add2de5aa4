/** Calls of the money side, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

export const scenes: Readonly<Record<string, Scene>> = {
  // Without a provider, as it ships, each of them is refused: there is nothing to move.
  async payment(stage) {
    const params = { provider: `none-${stage.n}` }
    return [
      { name: 'payments.takeCallback', who: 'host', params, body: { headers: [], body: '{}' }, isRefused: true },
      { name: 'payments.compareDay', who: 'host', params, body: { day: '2026-01-01' }, isRefused: true },
      {
        ...{ name: 'payments.closeDifference', who: 'host', isRefused: true },
        body: { ...params, key: 'k', what: 'unknown', note: '查过' },
      },
    ]
  },
}
