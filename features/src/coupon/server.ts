/** Serves coupon cards: glue between the contract, the rules and the store. */
import { defineFeature, serveCard } from '@qun/core'
import { coupon } from './contract.ts'
import { countAfter } from './rules.ts'
import { addMember, migrations } from './store.ts'

const cardServer = serveCard(coupon, {
  actions: {
    async join(call) {
      if (!(await addMember(call, call.actorId, call.now))) call.fail('coupon.joined')
      call.setState({ count: countAfter(call.state.count) })
      call.setMine(call.actorId, { at: call.now })
      call.record('coupon.joined', { seq: call.seq, userId: call.actorId })
    },
  },
})

export default defineFeature({ name: 'coupon', migrations, cards: [cardServer] })
