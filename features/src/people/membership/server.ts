/** Serves membership: glue between the contract, the rules, the store and the engine's members. */
import type { GroupId, MemberRow, Role, UserId } from '@qun/contract'
import { defineFeature, serveEndpoint, type Call, type EndpointCall, type GroupCall } from '@qun/core'
import { systemLine, type Person, type SystemBody } from '../../words/message/contract.ts'
import {
  addMembers,
  bansOf,
  changeGroup,
  createGroup,
  createGroupForHost,
  createGroupForMerchant,
  disbandGroup,
  leaveGroup,
  muteMember,
  removeMember,
  setNickname,
  setRole,
  transferGroup,
  unbanMember,
  unmuteMember,
  type membershipFacts,
} from './contract.ts'
import { cleanGroupName, cleanNickname, isMuteDuration, isReservedName, outranks, skeletonOf } from './rules.ts'
import { perDayFor } from './rules-creation.ts'
import { checkCreation, creationEndpoints } from './server-creation.ts'
import { creationMigrations, findStanding } from './store-creation.ts'
import { addBan, addCreation, listBans, lockCreations, migrations, removeBan } from './store.ts'

const dayMs = 86_400_000
/** Members whose names a nickname is compared with: roles come first, and badges rarely lie beyond. */
const comparedMax = 500
type AnyCall = EndpointCall<any>

// ── who acts ──
/** The acting person's id; null when the host acts. */
function actorOf(call: AnyCall): UserId | null {
  return call.caller.kind === 'user' ? call.actorId : null
}
const nameOf = async (call: Call, group: GroupCall, userId: UserId): Promise<string> =>
  (await group.findMember(userId))?.name ?? (await call.findUser(userId))?.name ?? userId
const personOf = async (call: Call, group: GroupCall, userId: UserId): Promise<Person> => ({
  userId,
  name: await nameOf(call, group, userId),
})
/** `{ by }` for a line of the system; empty when the host acts. */
async function byActor(call: AnyCall, group: GroupCall): Promise<{ by?: Person }> {
  const actorId = actorOf(call)
  return actorId === null ? {} : { by: await personOf(call, group, actorId) }
}
const tell = (group: GroupCall, body: SystemBody) => group.post({ kind: systemLine.kind, body, senderId: '' })
const record = (group: GroupCall, fact: keyof typeof membershipFacts, data: unknown) => group.record(fact, data)

async function openGroup(call: AnyCall, groupId: GroupId): Promise<GroupCall> {
  const group = await call.group(groupId)
  if (group.row.disbandedAt !== undefined) call.fail('group.dissolved')
  return group
}
/** [MB6] An active member whom the actor may act on. */
async function checkTarget(call: AnyCall, group: GroupCall, userId: UserId): Promise<MemberRow> {
  const target = await group.findMember(userId)
  if (target?.active !== true) return call.fail('member.not_in_group')
  const actorId = actorOf(call)
  if (actorId === null) return target
  const actor = await group.findMember(actorId)
  if (!outranks(actor?.role ?? 'member', target.role)) call.fail('group.permission')
  return target
}

// ── making groups ──
async function checkKnown(call: Call, userIds: readonly UserId[]): Promise<void> {
  for (const userId of userIds) {
    if ((await call.findUser(userId)) === undefined) call.fail('user.not_found', { detail: userId })
  }
}
async function fill(
  call: AnyCall,
  group: GroupCall,
  userIds: readonly UserId[],
  options: { readonly role?: Role; readonly source: string; readonly inviterId?: UserId },
): Promise<UserId[]> {
  if (userIds.length === 0) return []
  const added = await group.addMembers(userIds, options)
  for (const userId of added) {
    record(group, 'membership.joined', {
      userId,
      source: options.source,
      ...(options.inviterId === undefined ? {} : { inviterId: options.inviterId }),
    })
  }
  return added
}
async function tellJoined(
  call: AnyCall,
  group: GroupCall,
  userIds: readonly UserId[],
  via: 'added' | 'host',
): Promise<void> {
  if (userIds.length === 0) return
  const people = await Promise.all(userIds.slice(0, 10).map((userId) => personOf(call, group, userId)))
  await tell(group, { what: 'joined', people, count: userIds.length, via, ...(await byActor(call, group)) })
}
function recordCreation(group: GroupCall, ownerId: UserId, source: string): void {
  record(group, 'membership.created', { ownerId, name: group.row.name })
  record(group, 'membership.joined', { userId: ownerId, source })
}

interface Wanted {
  readonly name: string
  readonly avatar?: string
  readonly description?: string
  readonly memberIds?: readonly UserId[]
}
/** [MB1] [C-M02] A group that a person makes: a friends' group, or one of a merchant they manage. */
async function makeGroup(call: AnyCall, body: Wanted, merchantId: string | undefined): Promise<{ groupId: GroupId }> {
  const { actorId, caller } = call
  if (caller.kind === 'user' && caller.guest) call.fail('auth.guest_forbidden')
  const name = cleanGroupName(body.name)
  if (name === undefined) return call.fail('group.name_invalid')
  const made = await lockCreations(call.tx, call.appId, actorId, call.now - dayMs)
  const { credit } = await findStanding(call.tx, call.appId, { userId: actorId })
  const [first] = made
  if (made.length >= perDayFor(credit) && first !== undefined) {
    call.fail('group.create_limited', { retryAfterMs: first + dayMs - call.now })
  }
  await checkCreation(call, actorId, merchantId)
  const others = (body.memberIds ?? []).filter((userId) => userId !== actorId)
  await checkKnown(call, others)
  const group = await call.createGroup({
    name,
    ownerId: actorId,
    ...(body.avatar === undefined ? {} : { avatar: body.avatar }),
    settings: { description: body.description ?? '' },
    ...(merchantId === undefined ? {} : { merchantId }),
    withUsers: others,
  })
  await addCreation(call.tx, call.appId, actorId, group.groupId, call.now)
  recordCreation(group, actorId, 'created')
  const added = await fill(call, group, others, { source: 'added', inviterId: actorId })
  await tell(group, { what: 'created', name, ...(await byActor(call, group)) })
  await tellJoined(call, group, added, 'added')
  return { groupId: group.groupId }
}
const create = serveEndpoint(createGroup, (call) => makeGroup(call, call.body, undefined))
const createForMerchant = serveEndpoint(createGroupForMerchant, (call) =>
  makeGroup(call, call.body, call.params.merchantId),
)

const createForHost = serveEndpoint(createGroupForHost, async (call) => {
  const { body } = call
  const name = cleanGroupName(body.name)
  if (name === undefined) return call.fail('group.name_invalid')
  const admins = (body.adminIds ?? []).filter((userId) => userId !== body.ownerId)
  const members = (body.memberIds ?? []).filter((userId) => userId !== body.ownerId && !admins.includes(userId))
  await checkKnown(call, [body.ownerId, ...admins, ...members])
  const group = await call.createGroup({
    name,
    ownerId: body.ownerId,
    ...(body.avatar === undefined ? {} : { avatar: body.avatar }),
    ...(body.settings === undefined ? {} : { settings: body.settings }),
    ...(body.merchantId === undefined ? {} : { merchantId: body.merchantId }),
    withUsers: [...admins, ...members],
  })
  recordCreation(group, body.ownerId, 'host')
  const added = await fill(call, group, admins, { role: 'admin', source: 'host' })
  added.push(...(await fill(call, group, members, { source: 'host' })))
  await tell(group, { what: 'created', name })
  await tellJoined(call, group, added, 'host')
  return { groupId: group.groupId }
})

const change = serveEndpoint(changeGroup, async (call) => {
  const group = await openGroup(call, call.params.groupId)
  const { name: wanted, avatar, ...settings } = call.body
  const name = wanted === undefined ? undefined : cleanGroupName(wanted)
  if (wanted !== undefined && name === undefined) call.fail('group.name_invalid')
  const before = group.row
  const isMuteAllChanged = settings.muteAll !== undefined && settings.muteAll !== before.settings.muteAll
  const fields = [
    ...(name !== undefined && name !== before.name ? ['name'] : []),
    ...(avatar !== undefined && avatar !== before.avatar ? ['avatar'] : []),
    ...(Object.keys(settings) as (keyof typeof settings)[]).filter(
      (field) => settings[field] !== before.settings[field],
    ),
  ]
  if (fields.length === 0) return {}
  group.update({ ...(name === undefined ? {} : { name }), ...(avatar === undefined ? {} : { avatar }), settings })
  const by = await byActor(call, group)
  if (name !== undefined && fields.includes('name')) await tell(group, { what: 'renamed', name, ...by })
  if (isMuteAllChanged) await tell(group, { what: 'mute-all', on: settings.muteAll === true, ...by })
  record(group, 'membership.changed', { fields, byId: actorOf(call) })
  return {}
})

const disband = serveEndpoint(disbandGroup, async (call) => {
  const group = await openGroup(call, call.params.groupId)
  await tell(group, { what: 'disbanded', ...(await byActor(call, group)) })
  record(group, 'membership.disbanded', { byId: actorOf(call) })
  group.disband()
  return {}
})

// ── coming and going ──
const add = serveEndpoint(addMembers, async (call) => {
  const { userIds } = call.body
  await checkKnown(call, userIds)
  const group = await openGroup(call, call.params.groupId)
  const actorId = actorOf(call)
  const source = actorId === null ? { source: 'host' } : { source: 'added', inviterId: actorId }
  const added = await fill(call, group, userIds, source)
  await tellJoined(call, group, added, actorId === null ? 'host' : 'added')
  return { added, already: userIds.filter((userId) => !added.includes(userId)) }
})

const leave = serveEndpoint(leaveGroup, async (call) => {
  const group = await call.group(call.params.groupId)
  const person = await personOf(call, group, call.actorId)
  if (!(await group.removeMember(call.actorId))) return {}
  if (group.row.disbandedAt === undefined) await tell(group, { what: 'left', people: [person], count: 1 })
  record(group, 'membership.left', { userId: call.actorId })
  return {}
})

/** [MB7] A ban outlives the membership, and needs none. */
const remove = serveEndpoint(removeMember, async (call) => {
  const { groupId, userId } = call.params
  const group = await openGroup(call, groupId)
  const banned = call.body.ban === true
  const target = await group.findMember(userId)
  const isMember = target?.active === true
  if (isMember) {
    if (target.role === 'owner') call.fail('group.owner_required')
    await checkTarget(call, group, userId)
  } else if (!banned) call.fail('member.not_in_group')
  const byId = actorOf(call)
  if (isMember) {
    await group.removeMember(userId)
    const people = [{ userId, name: target.name }]
    await tell(group, { what: 'removed', people, count: 1, ...(await byActor(call, group)) })
  }
  if (banned) {
    await group.ban(userId)
    await addBan(call.tx, call.appId, groupId, userId, byId, call.now)
  }
  record(group, 'membership.removed', { userId, byId, banned })
  return {}
})

const bans = serveEndpoint(bansOf, async (call) => {
  const { groupId } = call.params
  const group = await call.group(groupId)
  const rows = await listBans(call.tx, call.appId, groupId)
  return { bans: await Promise.all(rows.map(async (row) => ({ ...row, name: await nameOf(call, group, row.userId) }))) }
})
const unban = serveEndpoint(unbanMember, async (call) => {
  const { groupId, userId } = call.params
  const group = await call.group(groupId)
  if (!(await removeBan(call.tx, call.appId, groupId, userId))) call.fail('member.not_in_group')
  await group.unban(userId)
  record(group, 'membership.unbanned', { userId, byId: actorOf(call) })
  return {}
})

// ── roles, names, mutes ──
/** [MB6] Nobody is made an owner here: ownership moves by transfer alone. */
const role = serveEndpoint(setRole, async (call) => {
  const { groupId, userId } = call.params
  const group = await openGroup(call, groupId)
  const wanted = call.body.role
  const target = await checkTarget(call, group, userId)
  if (wanted === 'owner' || target.role === 'owner') return call.fail('group.permission')
  if (target.role === wanted) return {}
  await group.setRole(userId, wanted)
  await tell(group, {
    what: 'role',
    person: { userId, name: target.name },
    role: wanted,
    ...(await byActor(call, group)),
  })
  record(group, 'membership.role-set', { userId, role: wanted, byId: actorOf(call) })
  return {}
})
const transfer = serveEndpoint(transferGroup, async (call) => {
  const group = await openGroup(call, call.params.groupId)
  const { userId } = call.body
  const target = await group.findMember(userId)
  if (target?.active !== true) return call.fail('member.not_in_group')
  const fromId = group.row.ownerId
  if (fromId === userId) return {}
  await group.setRole(userId, 'owner')
  await tell(group, { what: 'transferred', person: { userId, name: target.name }, ...(await byActor(call, group)) })
  record(group, 'membership.transferred', { fromId, toId: userId })
  return {}
})

/** [MB4] [MB5] A plain member's name may not look like that of anybody who runs the group or speaks for the shop. */
async function checkNickname(call: AnyCall, group: GroupCall, member: MemberRow, nickname: string): Promise<void> {
  if (member.role !== 'member' || member.badge !== null) return
  if (isReservedName(nickname)) call.fail('member.name_reserved')
  const skeleton = skeletonOf(nickname)
  const members = await group.listMembers(comparedMax)
  const runs = members.filter(
    (each) => each.userId !== member.userId && (each.role !== 'member' || each.badge !== null),
  )
  if (runs.some((each) => skeletonOf(each.name) === skeleton)) call.fail('member.name_impersonation')
}
const nickname = serveEndpoint(setNickname, async (call) => {
  const group = await openGroup(call, call.params.groupId)
  const member = await group.findMember(call.actorId)
  if (member?.active !== true) return call.fail('member.not_in_group')
  const wanted = call.body.nickname
  const clean = wanted === null ? null : cleanNickname(wanted)
  if (clean === undefined) return call.fail('member.name_invalid')
  if (clean !== null) await checkNickname(call, group, member, clean)
  await group.setNickname(call.actorId, clean)
  return { nickname: clean }
})

const mute = serveEndpoint(muteMember, async (call) => {
  const { groupId, userId } = call.params
  if (!isMuteDuration(call.body.durationMs)) call.fail('mute.duration')
  const group = await openGroup(call, groupId)
  const target = await checkTarget(call, group, userId)
  if (target.role === 'owner') call.fail('group.permission')
  const until = call.now + call.body.durationMs
  await group.setMutedUntil(userId, until)
  await tell(group, { what: 'muted', person: { userId, name: target.name }, until, ...(await byActor(call, group)) })
  record(group, 'membership.muted', { userId, until, byId: actorOf(call) })
  return { until }
})
const unmute = serveEndpoint(unmuteMember, async (call) => {
  const { groupId, userId } = call.params
  const group = await openGroup(call, groupId)
  const target = await checkTarget(call, group, userId)
  if (target.mutedUntil <= call.now) return {}
  await group.setMutedUntil(userId, 0)
  await tell(group, { what: 'unmuted', person: { userId, name: target.name }, ...(await byActor(call, group)) })
  record(group, 'membership.muted', { userId, until: 0, byId: actorOf(call) })
  return {}
})

export default defineFeature({
  name: 'membership',
  migrations: [...migrations, ...creationMigrations],
  endpoints: [
    create,
    createForMerchant,
    ...creationEndpoints,
    createForHost,
    change,
    disband,
    add,
    leave,
    remove,
    bans,
    unban,
    role,
    transfer,
    nickname,
    mute,
    unmute,
  ],
})
