/** Serves buyer show cards: glue between the contract, the rules and the store. */
import { defineFeature, serveCard } from '@qun/core'
import { buyerShow } from './contract.ts'
import { countAfter } from './rules.ts'
import { addMember, migrations } from './store.ts'

const cardServer = serveCard(buyerShow, {
  actions: {
    async join(call) {
      if (!(await addMember(call, call.actorId, call.now))) call.fail('buyer_show.joined')
      call.setState({ count: countAfter(call.state.count) })
      call.setMine(call.actorId, { at: call.now })
      call.record('buyer-show.joined', { seq: call.seq, userId: call.actorId })
    },
  },
})

export default defineFeature({ name: 'buyer-show', migrations, cards: [cardServer] })
