/** For tests of features that hear of orders: stands for whoever tells of them, with the fact and nothing else. */
import { closed, defineEndpoint, Type } from '@qun/contract'
import { defineFeature, serveEndpoint } from '@qun/core'

/** Records `order.changed` with whatever the host sends. */
export const tell = defineEndpoint({
  name: 'test.tell',
  method: 'POST',
  path: '/test/tell',
  doc: 'Tells of an order.',
  by: 'server',
  body: Type.Unknown(),
  answer: closed({}),
  facts: { 'order.changed': Type.Unknown() },
})
export const teller = defineFeature({
  name: 'teller',
  endpoints: [serveEndpoint(tell, (call) => (call.recordForApp('order.changed', call.body), {}))],
})
