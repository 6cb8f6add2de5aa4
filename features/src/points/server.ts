/** Serves points cards: glue between the contract, the rules and the store. */
import { defineFeature, serveCard } from '@qun/core'
import { points } from './contract.ts'
import { countAfter } from './rules.ts'
import { addMember, migrations } from './store.ts'

const cardServer = serveCard(points, {
  actions: {
    async join(call) {
      if (!(await addMember(call, call.actorId, call.now))) call.fail('points.joined')
      call.setState({ count: countAfter(call.state.count) })
      call.setMine(call.actorId, { at: call.now })
      call.record('points.joined', { seq: call.seq, userId: call.actorId })
    },
  },
})

export default defineFeature({ name: 'points', migrations, cards: [cardServer] })
