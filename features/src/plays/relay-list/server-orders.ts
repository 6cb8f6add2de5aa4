/** Makes orders of a list, in the chat or for the host, and keeps for the host which were made in the chat. */
import type { UserId } from '@qun/contract'
import { issuerOfGroup, serveEndpoint, type ActionCall, type CardCall } from '@qun/core'
import {
  linesMax,
  makeOrders,
  orderedLists,
  relayList,
  takeOrders,
  type OrderDraft,
  type OrderSum,
} from './contract.ts'
import { draftsOf, sumOf } from './rules.ts'
import { addOrdered, listLines, listOrdered, takeOrdered } from './store.ts'

type AnyCard = CardCall<typeof relayList>
type Confirmed = Pick<OrderSum, 'lineCount' | 'quantity'>

/** Lines of a locked list never change, so its drafts are the same whenever they are asked for. */
const draftsFrom = async (call: AnyCard): Promise<OrderDraft[]> =>
  draftsOf(call.body, await listLines(call, { after: 0, limit: linesMax }))

/** [RL8] */
function lock(call: AnyCard, byId?: UserId): void {
  const { state, seq } = call
  call.setState({ ...state, phase: 'ordered' })
  call.cancelJob('close')
  call.record('relay-list.ordered', { seq, lineCount: state.lineCount, ...(byId !== undefined && { byId }) })
}

/** [RL10] Of just the lines that were confirmed; once. [RL11] The host finds it. */
export async function orderInChat(call: ActionCall<typeof relayList>, confirmed: Confirmed): Promise<void> {
  if (call.state.phase === 'ordered') return
  const { lineCount, quantity } = sumOf(call.body, await draftsFrom(call))
  if (lineCount === 0) call.fail('relay_list.empty')
  if (lineCount !== confirmed.lineCount || quantity !== confirmed.quantity) call.fail('precondition.failed')
  lock(call, call.actorId)
  await addOrdered(call, { byId: call.actorId, lineCount, at: call.now })
}

// ── the host ──
/** [RL12] Whose list it is; among friends nobody's. */
async function originOf(call: AnyCard) {
  const { groupId, seq, senderId } = call
  const merchantId = (await issuerOfGroup(call, groupId))?.merchantId ?? null
  return { groupId, seq, merchantId, posterId: (senderId as string) === '' ? null : senderId }
}
const orders = serveEndpoint(makeOrders, async (call) => {
  const list = await call.card(relayList, call.params)
  if (list.state.phase !== 'ordered') lock(list)
  return { drafts: await draftsFrom(list), ...(await originOf(list)) }
})
const ordered = serveEndpoint(orderedLists, async ({ tx, appId, query }) => ({
  lists: await listOrdered(tx, appId, query.limit ?? 50),
}))
const taken = serveEndpoint(takeOrders, async ({ tx, appId, params }) => {
  await takeOrdered({ tx, appId, ...params })
  return {}
})

export const orderEndpoints = [orders, ordered, taken]
