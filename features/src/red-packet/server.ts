/** Serves red packet cards: glue between the contract, the rules and the store. */
import { defineFeature, serveCard } from '@qun/core'
import { redPacket } from './contract.ts'
import { countAfter } from './rules.ts'
import { addMember, migrations } from './store.ts'

const cardServer = serveCard(redPacket, {
  actions: {
    async join(call) {
      if (!(await addMember(call, call.actorId, call.now))) call.fail('red_packet.joined')
      call.setState({ count: countAfter(call.state.count) })
      call.setMine(call.actorId, { at: call.now })
      call.record('red-packet.joined', { seq: call.seq, userId: call.actorId })
    },
  },
})

export default defineFeature({ name: 'red-packet', migrations, cards: [cardServer] })
