/** Calls of time zones, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

export const scenes: Readonly<Record<string, Scene>> = {
  async 'time-zone'() {
    return [
      { name: 'timeZones.set', who: 'host', body: { timeZone: 'Asia/Tokyo' } },
      { name: 'timeZones.set', who: 'host', body: { timeZone: 'Asia/Shanghai' } },
    ]
  },
}
