/**
 * What becomes of a merchant's groups when its people leave, and when it is suspended: in rounds of a few groups, each
 * a decision of its own that tells the next where to go on.
 */
import type { GroupId, UserId } from '@qun/contract'
import {
  findHeir,
  listGroupsOf,
  listLastStaff,
  listRunBy,
  type Call,
  type GroupCall,
  type Reaction,
  type ReactionCall,
} from '@qun/core'
import { systemLine, type Person } from '../../words/message/contract.ts'
import { merchantStaff } from './contract.ts'
import { addWaiting, dropWaiting, listWaiting } from './store.ts'

/** People of a merchant that ended who are told in one round. */
const letGoAtOnce = 50
/** Groups of one round: an heir is made a member of each, and people are locked after groups. */
const passedAtOnce = 5
const stoppedAtOnce = 25
/** Cards of one group whose end is brought forward at once. */
const playsAtOnce = 25
/** Whoever is in so many groups gets no more by rule; the engine's own bound lies above. */
const heirGroupsMax = 400

// ── whoever leaves ──
interface Leaving {
  readonly merchantId: string
  readonly userId: UserId
  readonly after?: GroupId
}
const personOf = async (call: Call, group: GroupCall, userId: UserId): Promise<Person> => ({
  userId,
  name: (await group.findMember(userId))?.name ?? (await call.findUser(userId))?.name ?? userId,
})
/** [MER7] True when somebody runs the group now who may. */
async function passOn(call: ReactionCall, group: GroupCall): Promise<boolean> {
  const { merchantPath: path = [], memberCount, settings, ownerId } = group.row
  const of = { groupId: group.groupId, path, isFull: memberCount >= settings.capacity }
  const heirId = await findHeir(call, of, heirGroupsMax)
  if (heirId === undefined || heirId === ownerId) return heirId !== undefined
  await hand(call, group, heirId)
  return true
}
/** Makes somebody the owner, and a member first if they are none. */
export async function hand(call: Call, group: GroupCall, heirId: UserId): Promise<void> {
  const { ownerId: fromId, merchantPath } = group.row
  await group.addMember(heirId, { source: 'host' })
  await group.setRole(heirId, 'owner')
  const person = await personOf(call, group, heirId)
  await group.post({ kind: systemLine.kind, body: { what: 'transferred', person }, senderId: '' })
  const [merchantId] = merchantPath ?? []
  if (merchantId !== undefined) group.record('merchant.group-passed', { merchantId, fromId, toId: heirId })
}
async function endRole(call: ReactionCall, group: GroupCall, userId: UserId): Promise<void> {
  if ((await group.findMember(userId))?.role !== 'admin') return
  await group.setRole(userId, 'member')
  const person = await personOf(call, group, userId)
  await group.post({ kind: systemLine.kind, body: { what: 'role', person, role: 'member' }, senderId: '' })
}
/** [MER7] Their roles in the merchant's groups end; those they own pass on, or wait, and the host is told. */
async function leave(call: ReactionCall, { merchantId, userId, after = '' as GroupId }: Leaving): Promise<void> {
  const run = await listRunBy(call, { merchantId, userId, after, limit: passedAtOnce })
  const groups: GroupCall[] = []
  // All groups before anybody who comes into one of them.
  for (const { groupId } of run) groups.push(await call.group(groupId))
  for (const [i, group] of groups.entries()) {
    const of = { merchantId: run[i]!.merchantId, groupId: group.groupId }
    const isOwner = group.row.ownerId === userId
    if (!isOwner || (await passOn(call, group))) await endRole(call, group, userId)
    else if (await addWaiting(call, { ...of, ownerId: userId }))
      call.recordForApp('merchant.group-unmanaged', { ...of, ownerId: userId })
  }
  const last = run.at(-1)
  if (last !== undefined && run.length === passedAtOnce)
    call.recordForApp('merchant.leaving', { merchantId, userId, after: last.groupId })
}
/** [MER7] Somebody may run groups now: those that wait pass to whoever comes first by the rule. */
async function takeUp(call: ReactionCall, merchantId: string, after: Heard['after']): Promise<void> {
  const waiting = await listWaiting(call, merchantId, { after: after ?? null, limit: passedAtOnce })
  const groups = new Map<GroupId, GroupCall>()
  for (const groupId of waiting.map((one) => one.groupId).toSorted()) groups.set(groupId, await call.group(groupId))
  for (const one of waiting) {
    const group = groups.get(one.groupId)!
    // Meanwhile it may have ended, or been given to somebody by hand.
    const isOver = group.row.disbandedAt !== undefined || group.row.ownerId !== one.ownerId
    if (!isOver && !(await passOn(call, group))) continue
    if (!isOver) await endRole(call, group, one.ownerId)
    await dropWaiting(call, one)
  }
  const last = waiting.at(-1)
  if (last !== undefined && waiting.length === passedAtOnce)
    call.recordForApp('merchant.taking-up', {
      merchantId,
      after: { merchantId: last.merchantId, groupId: last.groupId },
    })
}

interface Heard {
  readonly merchantId: string
  readonly after?: { readonly merchantId: string; readonly groupId: GroupId }
}
const onStaff: Reaction = {
  name: 'merchant.staff',
  on: 'merchant.staff-set',
  async handle(call) {
    const { merchantId, userId, post, abilities } = call.fact.data as Leaving & {
      readonly post: string | null
      readonly abilities: readonly string[]
    }
    if (post === null) await leave(call, { merchantId, userId })
    else if (abilities.includes('manage') || abilities.includes('moderate')) await takeUp(call, merchantId, undefined)
  },
}
const onLeaving: Reaction = {
  name: 'merchant.leaving',
  on: 'merchant.leaving',
  handle: (call) => leave(call, call.fact.data as Leaving),
}
const onTakingUp: Reaction = {
  name: 'merchant.taking-up',
  on: 'merchant.taking-up',
  handle(call) {
    const { merchantId, after } = call.fact.data as Heard
    return takeUp(call, merchantId, after)
  },
}

// ── ended ──
/** [MER10] Nobody may do anything for it any more: all are told, and what they ran passes on as when they leave. */
async function letGo(call: ReactionCall, { merchantId, after = '' as UserId }: LettingGo): Promise<void> {
  const people = await listLastStaff(call, { merchantId, after, limit: letGoAtOnce })
  for (const userId of people) {
    call.putUserRecord(userId, merchantStaff, merchantId, null)
    call.recordForApp('merchant.staff-set', { merchantId, userId, post: null, abilities: [] })
  }
  const last = people.at(-1)
  if (last !== undefined && people.length === letGoAtOnce)
    call.recordForApp('merchant.letting-go', { merchantId, after: last })
}
interface LettingGo {
  readonly merchantId: string
  readonly after?: UserId
}
const [onEnded, onLettingGo] = ['merchant.ended', 'merchant.letting-go'].map((on): Reaction => ({
  name: on,
  on,
  handle: (call) => letGo(call, call.fact.data as LettingGo),
})) as [Reaction, Reaction]

// ── suspended ──
/** [MER10] As its merchant stands now, whatever was told since: rounds of two suspensions may mix. */
async function stop(call: ReactionCall, { merchantId, after }: Heard): Promise<void> {
  const page = await listGroupsOf(call, merchantId, { after: after ?? null, limit: stoppedAtOnce })
  for (const { groupId, isStopped } of page.toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1))) {
    const group = await call.group(groupId)
    group.setStopped(isStopped)
    if (isStopped) group.record('merchant.plays-ending', { after: 0 })
  }
  const last = page.at(-1)
  if (last !== undefined && page.length === stoppedAtOnce)
    call.recordForApp('merchant.stopping', {
      merchantId,
      after: { merchantId: last.merchantId, groupId: last.groupId },
    })
}
const onSuspended: Reaction = {
  name: 'merchant.suspended',
  on: 'merchant.suspended',
  handle: (call) => stop(call, { merchantId: (call.fact.data as Heard).merchantId }),
}
const onStopping: Reaction = {
  name: 'merchant.stopping',
  on: 'merchant.stopping',
  handle: (call) => stop(call, call.fact.data as Heard),
}
const onPlaysEnding: Reaction = {
  name: 'merchant.plays-ending',
  on: 'merchant.plays-ending',
  async handle(call) {
    const { groupId, data } = call.fact
    const { after } = data as { readonly after: number }
    const last = await call.endPlays({ groupId, after, limit: playsAtOnce })
    if (last !== undefined) (await call.group(groupId)).record('merchant.plays-ending', { after: last })
  },
}

export const groupReactions: readonly Reaction[] = [
  onStaff,
  onLeaving,
  onTakingUp,
  onEnded,
  onLettingGo,
  onSuspended,
  onStopping,
  onPlaysEnding,
]
