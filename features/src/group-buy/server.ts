/** Serves group buy cards: glue between the contract, the rules and the store. */
import { defineFeature, serveCard } from '@qun/core'
import { groupBuy } from './contract.ts'
import { countAfter } from './rules.ts'
import { addMember, migrations } from './store.ts'

const cardServer = serveCard(groupBuy, {
  actions: {
    async join(call) {
      if (!(await addMember(call, call.actorId, call.now))) call.fail('group_buy.joined')
      call.setState({ count: countAfter(call.state.count) })
      call.setMine(call.actorId, { at: call.now })
      call.record('group-buy.joined', { seq: call.seq, userId: call.actorId })
    },
  },
})

export default defineFeature({ name: 'group-buy', migrations, cards: [cardServer] })
