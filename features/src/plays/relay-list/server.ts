/** Serves relay lists: glue between the contract, the rules and the lines. */
import { runsCard } from '@qun/contract'
import { defineFeature, serveCard, type ActionCall, type CardCall, type OpenCall } from '@qun/core'
import { linesMax, linesShown, relayList, type RelayMine, type RelayState, type Values } from './contract.ts'
import { chosenAfter, fieldsFit, isOverfull, parsePasted, pastedValues, valueFaults } from './rules.ts'
import { orderEndpoints, orderInChat } from './server-orders.ts'
import { readEndpoints, shownLine } from './server-reading.ts'
import { addLines, audits, findLine, migrations, saveLine, type StoredLine } from './store.ts'

type Acting = ActionCall<typeof relayList>
type AnyCard = CardCall<typeof relayList>
const nothing: RelayMine = { lines: [] }

function open(call: OpenCall<typeof relayList>): RelayState {
  const { body, now } = call
  if (!fieldsFit(body.fields)) call.fail('relay_list.fields_invalid')
  if (body.endsAt !== undefined) {
    if (body.endsAt <= now) call.fail('relay_list.fields_invalid')
    call.schedule(body.endsAt, 'close')
  }
  return {
    phase: 'open',
    lineCount: 0,
    lastNo: 0,
    lines: [],
    chosen: chosenAfter(body.fields, [], undefined, undefined),
  }
}

/** [RL8] By the state, and by the clock where the job comes late. */
function checkOpen({ state, body, now, fail }: Acting): void {
  if (state.phase === 'ordered') fail('relay_list.locked')
  if (state.phase === 'closed' || (body.endsAt !== undefined && now >= body.endsAt)) fail('relay_list.closed')
}
const runsIt = (call: Acting) => runsCard(call, call.actorId, call.actor)
function checkValues(call: Acting, values: Values): void {
  const faults = valueFaults(call.body.fields, values)
  if (faults.length === 0) return
  call.fail('relay_list.values', {
    errors: faults.map((field) => ({ pointer: `/values/${field}`, code: 'relay_list.values' })),
  })
}

// ── adding ──
async function join(call: Acting, values: Values): Promise<void> {
  const { body, actorId, actor } = call
  checkOpen(call)
  checkValues(call, values)
  const mine = (await call.mineOf(actorId)) ?? nothing
  if (mine.lines.length >= body.perMember) call.fail('relay_list.limit')
  const [line] = await append(call, [{ name: actor?.name ?? actorId, values }])
  if (line === undefined) return
  call.setMine(actorId, { ...mine, lines: [...mine.lines, { no: line.no, values, version: 1 }] })
  call.record('relay-list.joined', { seq: call.seq, userId: actorId, no: line.no })
}
/** [RL1] [RL4] The card's lock hands out numbers and room. */
async function append(
  call: Acting,
  added: readonly { readonly name: string; readonly values: Values }[],
): Promise<StoredLine[]> {
  const { state, body, actorId, now } = call
  const max = Math.min(body.capacity ?? linesMax, linesMax)
  if (state.lineCount + added.length > max || state.lastNo + added.length > linesMax) call.fail('relay_list.full')
  let chosen: number[][] = state.chosen.map((counts) => [...counts])
  for (const { values } of added) chosen = chosenAfter(body.fields, chosen, undefined, values)
  if (isOverfull(body.fields, chosen)) call.fail('relay_list.option_full')
  const lines = added.map(({ name, values }, at) => ({
    ...{ no: state.lastNo + at + 1, userId: actorId, name, values },
    ...{ version: 1, withdrawn: false, reason: null },
  }))
  await addLines(call, lines, now)
  call.setState({
    ...state,
    lineCount: state.lineCount + lines.length,
    lastNo: state.lastNo + lines.length,
    lines: [...state.lines, ...lines.map((line) => shownLine(body, line))].slice(0, linesShown),
    chosen,
  })
  return lines
}
async function importList(call: Acting, text: string): Promise<void> {
  checkOpen(call)
  if (!runsIt(call)) call.fail('group.permission')
  const { lines, bad } = parsePasted(text)
  if (lines.length === 0) call.fail('relay_list.import_empty')
  await append(
    call,
    lines.map((line) => ({ name: line.name, values: pastedValues(call.body.fields, line) })),
  )
  const mine = (await call.mineOf(call.actorId)) ?? nothing
  call.setMine(call.actorId, { ...mine, imported: { count: lines.length, bad: [...bad] } })
}

// ── changing ──
interface Change {
  readonly no: number
  readonly version: number
  /** Undefined withdraws it. */
  readonly values?: Values
  readonly reason?: string
}
async function change(call: Acting, { no, version, values, reason }: Change): Promise<void> {
  const { body, state, actorId } = call
  checkOpen(call)
  const line = await findLine(call, no)
  if (line === undefined) return call.fail('relay_list.line_unknown')
  const isOwn = line.userId === actorId && body.editing === 'own'
  if (!isOwn && (!runsIt(call) || reason === undefined)) call.fail('group.permission') // [RL5]
  if (line.withdrawn && values === undefined) return
  if (line.version !== version) call.fail('precondition.failed') // [RL3]
  if (line.withdrawn) call.fail('relay_list.line_unknown')
  if (values !== undefined) checkValues(call, values)
  const chosen = chosenAfter(body.fields, state.chosen, line.values, values)
  if (values !== undefined && isOverfull(body.fields, chosen)) call.fail('relay_list.option_full')
  const changed: StoredLine = {
    ...line,
    values: values ?? line.values,
    version: version + 1,
    withdrawn: values === undefined,
    reason: reason ?? line.reason,
  }
  await saveLine(call, changed)
  const lineCount = state.lineCount - Number(changed.withdrawn)
  const lines = state.lines.map((one) => (one.no === no ? shownLine(body, changed) : one))
  call.setState({ ...state, lineCount, lines, chosen })
  await tellOwner(call, changed)
  call.record('relay-list.changed', { seq: call.seq, userId: line.userId, no, withdrawn: changed.withdrawn })
}
/** The owner's own part follows, whoever changed it. Pasted lines are in nobody's part. */
async function tellOwner(call: Acting, line: StoredLine): Promise<void> {
  const mine = await call.mineOf(line.userId)
  if (mine?.lines.some(({ no }) => no === line.no) !== true) return
  const { no, values, version } = line
  const others = mine.lines.filter((one) => one.no !== no)
  const lines = line.withdrawn ? others : [...others, { no, values, version }].toSorted((a, b) => a.no - b.no)
  call.setMine(line.userId, { ...mine, lines })
}

function close(call: AnyCard): void {
  if (call.state.phase !== 'open') return
  call.setState({ ...call.state, phase: 'closed' })
  call.cancelJob('close')
  call.record('relay-list.closed', { seq: call.seq, lineCount: call.state.lineCount })
}

const card = serveCard(relayList, {
  open,
  actions: {
    join: (call, { values }) => join(call, values),
    update: change,
    withdraw: change,
    import: (call, { text }) => importList(call, text),
    close(call) {
      if (!runsIt(call)) call.fail('group.permission')
      close(call)
    },
    order(call, confirmed) {
      if (!runsIt(call)) call.fail('group.permission')
      return orderInChat(call, confirmed)
    },
  },
  jobs: { close },
  recallable: (state) => (state.phase === 'ordered' ? 'relay_list.locked' : true),
  recalled: (call) => call.cancelJob('close'),
})

export default defineFeature({
  name: 'relay-list',
  migrations,
  cards: [card],
  endpoints: [...readEndpoints, ...orderEndpoints],
  audits,
})
