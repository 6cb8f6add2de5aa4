/** Serves relay list cards: glue between the contract, the rules and the store. */
import { defineFeature, serveCard } from '@qun/core'
import { relayList } from './contract.ts'
import { countAfter } from './rules.ts'
import { addMember, migrations } from './store.ts'

const cardServer = serveCard(relayList, {
  actions: {
    async join(call) {
      if (!(await addMember(call, call.actorId, call.now))) call.fail('relay_list.joined')
      call.setState({ count: countAfter(call.state.count) })
      call.setMine(call.actorId, { at: call.now })
      call.record('relay-list.joined', { seq: call.seq, userId: call.actorId })
    },
  },
})

export default defineFeature({ name: 'relay-list', migrations, cards: [cardServer] })
