/** Serves product cards: glue between the contract, the rules and the store. */
import { defineFeature, serveCard } from '@qun/core'
import { product } from './contract.ts'
import { countAfter } from './rules.ts'
import { addMember, migrations } from './store.ts'

const cardServer = serveCard(product, {
  actions: {
    async join(call) {
      if (!(await addMember(call, call.actorId, call.now))) call.fail('product.joined')
      call.setState({ count: countAfter(call.state.count) })
      call.setMine(call.actorId, { at: call.now })
      call.record('product.joined', { seq: call.seq, userId: call.actorId })
    },
  },
})

export default defineFeature({ name: 'product', migrations, cards: [cardServer] })
