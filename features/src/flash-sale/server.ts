/** Serves flash sale cards: glue between the contract, the rules and the store. */
import { defineFeature, serveCard } from '@qun/core'
import { flashSale } from './contract.ts'
import { countAfter } from './rules.ts'
import { addMember, migrations } from './store.ts'

const cardServer = serveCard(flashSale, {
  actions: {
    async join(call) {
      if (!(await addMember(call, call.actorId, call.now))) call.fail('flash_sale.joined')
      call.setState({ count: countAfter(call.state.count) })
      call.setMine(call.actorId, { at: call.now })
      call.record('flash-sale.joined', { seq: call.seq, userId: call.actorId })
    },
  },
})

export default defineFeature({ name: 'flash-sale', migrations, cards: [cardServer] })
