/** Serves polls: glue between the contract, the rules and the ballots. */
import { runsCard, type StateOf, type UserId } from '@qun/contract'
import { defineFeature, serveCard, serveEndpoint, type CardCall, type OpenCall } from '@qun/core'
import { optionsMax, poll, votersOf } from './contract.ts'
import { choicesFault, countsAfter, isSame, optionKey, optionsFit } from './rules.ts'
import { audits, countBallots, listVoters, migrations, putBallot } from './store.ts'

type State = StateOf<typeof poll>

function open(call: OpenCall<typeof poll>): State {
  const { body } = call
  if (!optionsFit(body.options, body.choicesMax)) call.fail('poll.options_invalid')
  if (body.closesAt !== undefined) {
    if (body.closesAt <= call.now) call.fail('poll.time_invalid')
    call.schedule(body.closesAt, 'close')
  }
  const counts = body.hideResults ? {} : { counts: body.options.map(() => 0) }
  return { phase: 'open', options: [...body.options], voterCount: 0, ...counts }
}
/** [PL7] By the state, and by the clock where the job comes late. */
const isOver = ({ state, body, now }: CardCall<typeof poll>) =>
  state.phase === 'closed' || (body.closesAt !== undefined && now >= body.closesAt)

/** [PL5] [PL7] Shows the counts to all, from the ballots themselves. */
async function close(call: CardCall<typeof poll>): Promise<void> {
  if (call.state.phase === 'closed') return
  const counts = await countBallots(call, call.state.options.length)
  call.setState({ ...call.state, phase: 'closed', counts, closedAt: call.now })
  call.cancelJob('close')
  call.record('poll.closed', { seq: call.seq, voterCount: call.state.voterCount, counts })
}

const card = serveCard(poll, {
  open,
  actions: {
    async vote(call, { choices }) {
      const { state, body, actorId } = call
      if (isOver(call)) call.fail('poll.closed')
      const fault = choicesFault(choices, state.options.length, body.choicesMax)
      if (fault !== undefined) call.fail(fault)
      const before = (await call.mineOf(actorId))?.choices ?? []
      if (isSame(before, choices)) return // [PL1]
      if (before.length > 0 && !body.mayChange) call.fail('poll.fixed') // [PL3]
      await putBallot(call, actorId, choices, call.now)
      const voterCount = state.voterCount + Number(choices.length > 0) - Number(before.length > 0)
      const counts = state.counts && { counts: countsAfter(state.counts, before, choices) }
      call.setState({ ...state, voterCount, ...counts })
      call.setMine(actorId, { choices: [...choices] })
      call.record('poll.voted', { seq: call.seq, userId: body.anonymous ? null : actorId }) // [PL6]
    },
    add(call, { option }) {
      const { state, body } = call
      if (isOver(call)) call.fail('poll.closed')
      if (!body.mayAdd) call.fail('poll.add_forbidden')
      if (state.options.length >= optionsMax) call.fail('poll.options_full')
      const key = optionKey(option)
      if (key === '' || state.options.some((one) => optionKey(one) === key)) call.fail('poll.option_exists')
      const counts = state.counts && { counts: [...state.counts, 0] }
      call.setState({ ...state, options: [...state.options, option.trim()], ...counts })
    },
    close(call) {
      if (!runsCard(call, call.actorId, call.actor)) call.fail('group.permission')
      return close(call)
    },
  },
  jobs: { close },
  recalled: (call) => call.cancelJob('close'),
})

const voters = serveEndpoint(votersOf, async (call) => {
  const asked = await call.readCard(poll, call.params)
  const { body, state, groupId } = asked
  if (body.anonymous) call.fail('poll.anonymous') // [PL6]
  if (state.counts === undefined) call.fail('poll.hidden') // [PL5]
  const { option, after = 0, limit = 50 } = call.query
  if (option >= state.options.length) call.fail('poll.option')
  const found = await listVoters(asked, { option, after, limit: limit + 1 })
  const shown = found.slice(0, limit)
  const members = await (await call.group(groupId)).findMembers(shown)
  const voterOf = (userId: UserId) => {
    const { name = userId, avatar = '' } = members.get(userId) ?? {}
    return { userId, name, avatar }
  }
  return { voters: shown.map(voterOf), more: found.length > limit }
})

export default defineFeature({ name: 'poll', migrations, cards: [card], endpoints: [voters], audits })
