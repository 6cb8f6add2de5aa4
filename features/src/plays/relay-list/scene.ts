/** Calls of relay lists, each as it can be made: tried twice at once and beside the others. */
import type { Scene } from '@qun/testing'

const body = {
  title: '周六面包',
  fields: [{ name: '几个', kind: 'number', required: true, min: 1, max: 9 }],
  ...{ unitPriceFen: 1_800, perMember: 1, editing: 'own', anonymousAmounts: false },
}
export const scenes: Readonly<Record<string, Scene>> = {
  async list(stage) {
    const at = await stage.post('wang', 'relay-list', body)
    await stage.make({ name: 'relay-list.join', who: 'zhao', at, body: { values: [2] } })
    return [
      { name: 'relay-list.join', who: 'li', at, body: { values: [1] } },
      { name: 'relay-list.update', who: 'zhao', at, body: { no: 1, version: 1, values: [3] } },
      { name: 'relay-list.withdraw', who: 'zhao', at, body: { no: 1, version: 1 } },
      { name: 'relay-list.import', who: 'wang', at, body: { text: '2. 孙老师 4' } },
      { name: 'relay-list.close', who: 'wang', at },
    ]
  },
  async closed(stage) {
    const at = await stage.post('wang', 'relay-list', body)
    await stage.make({ name: 'relay-list.join', who: 'zhao', at, body: { values: [2] } })
    await stage.make({ name: 'relay-list.close', who: 'wang', at })
    return [
      { name: 'relay-list.order', who: 'wang', at, body: { lineCount: 1, quantity: 2 } },
      { name: 'relayLists.orders', who: 'host', params: at },
    ]
  },
  async ordered(stage) {
    const at = await stage.post('wang', 'relay-list', body)
    await stage.make({ name: 'relay-list.join', who: 'zhao', at, body: { values: [2] } })
    await stage.make({ name: 'relay-list.close', who: 'wang', at })
    await stage.make({ name: 'relay-list.order', who: 'wang', at, body: { lineCount: 1, quantity: 2 } })
    return [{ name: 'relayLists.ordersTaken', who: 'host', params: at }]
  },
}
