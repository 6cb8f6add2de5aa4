/** Serves check in cards: glue between the contract, the rules and the store. */
import { defineFeature, serveCard } from '@qun/core'
import { checkIn } from './contract.ts'
import { countAfter } from './rules.ts'
import { addMember, migrations } from './store.ts'

const cardServer = serveCard(checkIn, {
  actions: {
    async join(call) {
      if (!(await addMember(call, call.actorId, call.now))) call.fail('check_in.joined')
      call.setState({ count: countAfter(call.state.count) })
      call.setMine(call.actorId, { at: call.now })
      call.record('check-in.joined', { seq: call.seq, userId: call.actorId })
    },
  },
})

export default defineFeature({ name: 'check-in', migrations, cards: [cardServer] })
