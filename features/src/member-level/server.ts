/** Serves member level cards: glue between the contract, the rules and the store. */
import { defineFeature, serveCard } from '@qun/core'
import { memberLevel } from './contract.ts'
import { countAfter } from './rules.ts'
import { addMember, migrations } from './store.ts'

const cardServer = serveCard(memberLevel, {
  actions: {
    async join(call) {
      if (!(await addMember(call, call.actorId, call.now))) call.fail('member_level.joined')
      call.setState({ count: countAfter(call.state.count) })
      call.setMine(call.actorId, { at: call.now })
      call.record('member-level.joined', { seq: call.seq, userId: call.actorId })
    },
  },
})

export default defineFeature({ name: 'member-level', migrations, cards: [cardServer] })
