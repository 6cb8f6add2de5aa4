/** Reads a list: its lines as each reader may see them, and the whole of it for those who run it. */
import { runsCard } from '@qun/contract'
import { serveEndpoint, type EndpointCall } from '@qun/core'
import {
  exportOf,
  linesMax,
  linesOf,
  orderSumOf,
  relayList,
  type Line,
  type OrderSum,
  type RelayBody,
} from './contract.ts'
import { csvOf, draftsOf, publicValues, sumOf, textOf } from './rules.ts'
import { listLines, type StoredLine } from './store.ts'

/** A line as everybody may see it. */
export const shownLine = (body: RelayBody, { reason, ...line }: StoredLine): Line => ({
  ...line,
  values: publicValues(body, line.values),
  ...(reason === null ? {} : { reason }),
})

type Reading = EndpointCall<typeof linesOf> | EndpointCall<typeof exportOf> | EndpointCall<typeof orderSumOf>
async function readList(call: Reading) {
  const list = await call.readCard(relayList, call.params)
  const member = await (await call.group(list.groupId)).findMember(call.actorId)
  return { list, seesAll: runsCard(list, call.actorId, member) }
}
const lines = serveEndpoint(linesOf, async (call) => {
  const { list, seesAll } = await readList(call)
  const { after = 0, limit = 100 } = call.query
  const found = await listLines(list, { after, limit: limit + 1 })
  const shown = found.slice(0, limit).map((line) => {
    const whole = seesAll || line.userId === call.actorId // [RL6]
    return whole ? { ...shownLine(list.body, line), values: line.values } : shownLine(list.body, line)
  })
  return { lines: shown, more: found.length > limit }
})
const exported = serveEndpoint(exportOf, async (call) => {
  const { list, seesAll } = await readList(call)
  if (!seesAll) call.fail('group.permission')
  const all = await listLines(list, { after: 0, limit: linesMax })
  const { title, fields } = list.body
  return { csv: csvOf(fields, all), text: textOf(title, fields, all) }
})
const orderSum = serveEndpoint(orderSumOf, async (call): Promise<OrderSum> => {
  const { list, seesAll } = await readList(call)
  if (!seesAll) call.fail('group.permission')
  return sumOf(list.body, draftsOf(list.body, await listLines(list, { after: 0, limit: linesMax })))
})

export const readEndpoints = [lines, exported, orderSum]
