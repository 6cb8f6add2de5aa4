/** Serves join links and invitations after an order: glue between the contract, the rules and the store. */
import type { AnswerOf, GroupId, UserId } from '@qun/contract'
import {
  defineFeature,
  serveEndpoint,
  type Call,
  type EndpointCall,
  type GroupCall,
  type ReactionCall,
} from '@qun/core'
import { systemLine } from '../../words/message/contract.ts'
import type { OrderChange } from '../../trade/order/contract.ts'
import {
  acceptInvite,
  acceptOffer,
  createJoinLink,
  dismissOffer,
  invitationOffer,
  invitationOfOrder,
  joinLinksOf,
  linksPerPersonMax,
  offerLifeMs,
  orderInvitationOf,
  previewInvite,
  revokeJoinLink,
  setOfferPreference,
  setOrderInvitation,
  type invitationFacts,
  type NoInvitation,
  type OrderInvitationRule,
} from './contract.ts'
import { askFault, isEnded, isTriggered, itemsOf, linkEnd, linkFault, monthMs } from './rules.ts'
import type { Offer, StoredLink } from './store.ts'
import * as store from './store.ts'

type AnyCall = EndpointCall<any>
const actorOf = (call: AnyCall): UserId | null => (call.caller.kind === 'user' ? call.actorId : null)
const record = (group: GroupCall, fact: keyof typeof invitationFacts, data: unknown) => group.record(fact, data)
const isFull = (group: GroupCall) => group.row.memberCount >= group.row.settings.capacity

async function isAdmin(call: AnyCall, group: GroupCall): Promise<boolean> {
  const actorId = actorOf(call)
  if (actorId === null) return true
  const member = await group.findMember(actorId)
  return member?.active === true && member.role !== 'member'
}
async function openGroup(call: AnyCall, groupId: GroupId): Promise<GroupCall> {
  const group = await call.group(groupId)
  if (group.row.disbandedAt !== undefined) call.fail('group.dissolved')
  return group
}
async function isMember(group: GroupCall, userId: UserId): Promise<boolean> {
  return (await group.findMember(userId))?.active === true
}
async function facesOf(group: GroupCall) {
  return (await group.listMembers(9)).map(({ name, avatar }) => ({ name, avatar }))
}

/** Joins and says so. False if the person was a member already. */
async function join(
  call: Call,
  group: GroupCall,
  userId: UserId,
  how: { readonly source: string; readonly via: 'link' | 'order'; readonly inviterId?: UserId },
): Promise<boolean> {
  const inviter = how.inviterId === undefined ? {} : { inviterId: how.inviterId }
  if (!(await group.addMember(userId, { source: how.source, ...inviter }))) return false
  const member = await group.findMember(userId)
  const by = how.inviterId === undefined ? undefined : await group.findMember(how.inviterId)
  const body = {
    what: 'joined',
    people: [{ userId, name: member?.name ?? userId }],
    count: 1,
    via: how.via,
    ...(by === undefined ? {} : { by: { userId: by.userId, name: by.name } }),
  } as const
  await group.post({ kind: systemLine.kind, body, senderId: '' })
  record(group, 'membership.joined', { userId, source: how.source, ...inviter })
  return true
}

// ── links ──
const create = serveEndpoint(createJoinLink, async (call) => {
  const { groupId } = call.params
  const { body, caller } = call
  if (caller.kind === 'user' && caller.guest) call.fail('auth.guest_forbidden')
  // The group's lock makes the count of working links exact.
  const group = await openGroup(call, groupId)
  const byId = actorOf(call)
  const expiresAt = linkEnd(body.lifeMs, await isAdmin(call, group), call.now)
  if (expiresAt === undefined) return call.fail('invite.life')
  if ((await store.countWorkingLinks(call.tx, call.appId, groupId, byId, call.now)) >= linksPerPersonMax)
    call.fail('invite.limit')
  const code = Buffer.from(call.randomHex(16), 'hex').toString('base64url')
  const link = {
    linkId: `lnk_${call.randomHex(12)}`,
    label: body.label ?? '',
    byId,
    createdAt: call.now,
    expiresAt,
    maxUses: body.maxUses ?? null,
    uses: 0,
    revokedAt: null,
    source: body.source ?? '',
  }
  await store.addLink(call.tx, call.appId, { ...link, groupId }, code)
  record(group, 'invitation.link-created', { linkId: link.linkId, byId })
  return { link, code }
})

const list = serveEndpoint(joinLinksOf, async (call) => {
  const { groupId } = call.params
  const group = await call.group(groupId)
  const own = (await isAdmin(call, group)) ? undefined : call.actorId
  return { links: await store.listLinks(call.tx, call.appId, groupId, own) }
})

const revoke = serveEndpoint(revokeJoinLink, async (call) => {
  const { groupId, linkId } = call.params
  const group = await call.group(groupId)
  const link = await store.lockLink(call.tx, call.appId, linkId)
  if (link === undefined || link.groupId !== groupId) return call.fail('invite.not_found')
  const byId = actorOf(call)
  if (link.byId !== byId && !(await isAdmin(call, group))) call.fail('group.permission')
  if (link.revokedAt !== null) return {}
  await store.revokeLinks(call.tx, call.appId, { linkId }, call.now)
  record(group, 'invitation.link-revoked', { linkId, byId })
  return {}
})

async function outcomeFor(group: GroupCall, userId: UserId): Promise<'ok' | 'full' | 'blacklisted'> {
  if (await group.isBanned(userId)) return 'blacklisted'
  return isFull(group) ? 'full' : 'ok'
}
/** [IN5] Reads only: a preview by a bot or a messenger costs nothing. */
const preview = serveEndpoint(previewInvite, async (call) => {
  const link = await store.findLinkByCode(call.tx, call.appId, call.params.code)
  if (link === undefined) return call.fail('invite.not_found')
  const group = await openGroup(call, link.groupId)
  const { row } = group
  const isAlready = await isMember(group, call.actorId)
  if (!isAlready) {
    const fault = linkFault(link, call.now, await store.hasUsed(call.tx, call.appId, link.linkId, call.actorId))
    if (fault !== undefined) call.fail(fault)
  }
  const inviter = link.byId === null ? undefined : await group.findMember(link.byId)
  const outcome = isAlready ? ('already_member' as const) : await outcomeFor(group, call.actorId)
  return {
    outcome,
    group: {
      groupId: link.groupId,
      name: row.name,
      avatar: row.avatar,
      description: row.settings.description,
      memberCount: row.memberCount,
      faces: await facesOf(group),
    },
    inviter: inviter?.active === true ? { name: inviter.name, avatar: inviter.avatar } : null,
    expiresAt: link.expiresAt,
  }
})

/** [IN3] [IN4] The group is locked, then the link: five hundred at once never pass `maxUses`. */
const accept = serveEndpoint(acceptInvite, async (call) => {
  const found = await store.findLinkByCode(call.tx, call.appId, call.params.code)
  if (found === undefined) return call.fail('invite.not_found')
  const { groupId } = found
  const group = await openGroup(call, groupId)
  if (await isMember(group, call.actorId)) return { groupId, joined: false }
  const link = (await store.lockLink(call.tx, call.appId, found.linkId)) as StoredLink
  const usedBefore = await store.hasUsed(call.tx, call.appId, link.linkId, call.actorId)
  const fault = linkFault(link, call.now, usedBefore)
  if (fault !== undefined) call.fail(fault)
  const source = `link:${link.linkId}${link.source === '' ? '' : `:${link.source}`}`
  const joined = await join(call, group, call.actorId, {
    source,
    via: 'link',
    ...(link.byId === null ? {} : { inviterId: link.byId }),
  })
  if (joined && !usedBefore) await store.addUse(call.tx, call.appId, link.linkId, call.actorId, call.now)
  return { groupId, joined }
})

// ── invitations after an order ──
const rule = serveEndpoint(orderInvitationOf, async (call) => ({
  rule: (await store.findRule(call.tx, call.appId, call.params.groupId)) ?? null,
}))
const setRule = serveEndpoint(setOrderInvitation, async (call) => {
  await openGroup(call, call.params.groupId)
  await store.putRule(call.tx, call.appId, call.params.groupId, call.body, call.now)
  return {}
})

/** [OI3]–[OI6] [OI8] What an order leads to, each time it changes. The person is locked first, then groups. */
async function follow(call: ReactionCall): Promise<void> {
  const order = call.fact.data as OrderChange
  // A shop that invites nobody costs one look.
  const rules = await store.listRulesOfShop(call.tx, call.appId, order.shopId)
  if (rules.length === 0 && !isEnded(order.status)) return putReason(call, order, 'no_rule')
  const { never } = await store.lockPerson(call.tx, call.appId, order.userId)
  const offered = await store.findOffer(call.tx, call.appId, { orderId: order.orderId })
  if (isEnded(order.status)) return await withdraw(call, order, offered)
  if (offered !== undefined) return putReason(call, order, 'already_asked')
  const triggered = rules.filter(({ rule: each }) => isTriggered(each.on, order.status))
  const reason = triggered.length === 0 ? 'waiting' : never ? 'never' : await invite(call, order, triggered)
  if (reason !== undefined) await putReason(call, order, reason)
}
const putReason = (call: ReactionCall, order: OrderChange, reason: NoInvitation) =>
  store.putReason(call.tx, call.appId, order, reason, call.now)

/** [OI8] A refund or cancellation before joining takes the invitation back. */
async function withdraw(call: ReactionCall, order: OrderChange, offered: Offer | undefined): Promise<void> {
  await putReason(call, order, 'ended')
  if (offered?.phase !== 'open') return
  await store.setPhase(call.tx, call.appId, offered.offerId, 'withdrawn')
  call.putUserRecord(offered.userId, invitationOffer, offered.offerId, null)
  record(await call.group(offered.groupId), 'invitation.withdrawn', factOf(offered))
}
const factOf = ({ offerId, userId, orderId }: Offer) => ({ offerId, userId, orderId })

/** [OI4] [OI6] Offers the first group that may ask and has room; the reason if none does. The person is locked. */
async function invite(
  call: ReactionCall,
  order: OrderChange,
  triggered: Awaited<ReturnType<typeof store.listRulesOfShop>>,
): Promise<NoInvitation | undefined> {
  const { tx, appId, now } = call
  const offers = await store.listOffers(tx, appId, order.userId, now - 365 * 86_400_000 - monthMs)
  await endStaleOffers(call, offers)
  const askedAts = offers.map((each) => each.at)
  let reason: NoInvitation = 'full'
  for (const { groupId, rule: each } of triggered) {
    const fault = askFault(each, askedAts, now)
    if (fault !== undefined) {
      reason = fault
      continue
    }
    const group = await call.group(groupId)
    if (await isMember(group, order.userId)) return 'already_member'
    if (await group.isBanned(order.userId)) reason = 'blacklisted'
    else if (group.row.disbandedAt === undefined && !isFull(group)) {
      await offer(call, group, order, each)
      return undefined
    }
  }
  return reason
}
async function offer(
  call: ReactionCall,
  group: GroupCall,
  order: OrderChange,
  each: OrderInvitationRule,
): Promise<void> {
  const { row } = group
  const offerId = `ofr_${call.randomHex(12)}`
  const expiresAt = call.now + offerLifeMs
  const made: Offer = {
    offerId,
    orderId: order.orderId,
    userId: order.userId,
    groupId: group.groupId,
    phase: 'open',
    at: call.now,
    expiresAt,
  }
  await store.addOffer(call.tx, call.appId, made)
  call.putUserRecord(order.userId, invitationOffer, offerId, {
    offerId,
    groupId: group.groupId,
    groupName: row.name,
    avatar: row.avatar,
    faces: await facesOf(group),
    memberCount: row.memberCount,
    orderId: order.orderId,
    ...(each.shopName === undefined ? {} : { shopName: each.shopName }),
    message: each.message,
    items: itemsOf(order.items),
    expiresAt,
  })
  record(group, 'invitation.offered', factOf(made))
}
/** Takes offers off a person's stream that can no longer be accepted. */
async function endStaleOffers(call: Call, offers: readonly Offer[]): Promise<void> {
  for (const stale of offers) {
    if (stale.phase !== 'open' || stale.expiresAt > call.now) continue
    await store.setPhase(call.tx, call.appId, stale.offerId, 'withdrawn')
    call.putUserRecord(stale.userId, invitationOffer, stale.offerId, null)
  }
}
const outcomeOfPhase = {
  open: 'offered',
  accepted: 'accepted',
  dismissed: 'dismissed',
  withdrawn: 'withdrawn',
} as const
const outcome = serveEndpoint(invitationOfOrder, async (call): Promise<AnswerOf<typeof invitationOfOrder>> => {
  const { tx, appId } = call
  const { orderId } = call.params
  const offered = await store.findOffer(tx, appId, { orderId })
  if (offered !== undefined) return { outcome: outcomeOfPhase[offered.phase], offerId: offered.offerId }
  const reason = await store.findReason(tx, appId, orderId)
  return reason === undefined ? { outcome: 'none' } : { outcome: 'recorded', reason }
})

// ── answers to an offer ──
async function readOwnOffer(
  call: EndpointCall<typeof acceptOffer> | EndpointCall<typeof dismissOffer>,
): Promise<Offer> {
  await store.lockPerson(call.tx, call.appId, call.actorId)
  const found = await store.findOffer(call.tx, call.appId, { offerId: call.params.offerId })
  if (found === undefined || found.userId !== call.actorId) return call.fail('invite.not_found')
  return found
}
const acceptOne = serveEndpoint(acceptOffer, async (call) => {
  const found = await readOwnOffer(call)
  const { groupId, offerId, orderId } = found
  const group = await openGroup(call, groupId)
  if (found.phase === 'accepted' || (await isMember(group, call.actorId))) {
    if (found.phase === 'open') await closeOffer(call, found, 'accepted')
    if (await isMember(group, call.actorId)) return { groupId, joined: false }
    return call.fail('invite.revoked')
  }
  if (found.phase !== 'open') call.fail('invite.revoked')
  if (call.now >= found.expiresAt) call.fail('invite.expired')
  const joined = await join(call, group, call.actorId, { source: `order:${orderId}`, via: 'order' })
  await closeOffer(call, found, 'accepted')
  record(group, 'invitation.accepted', { offerId, userId: call.actorId, orderId })
  return { groupId, joined }
})
async function closeOffer(call: Call, found: Offer, phase: 'accepted' | 'dismissed'): Promise<void> {
  await store.setPhase(call.tx, call.appId, found.offerId, phase)
  call.putUserRecord(found.userId, invitationOffer, found.offerId, null)
}
const dismissOne = serveEndpoint(dismissOffer, async (call) => {
  const found = await readOwnOffer(call)
  const never = call.body.never === true
  if (never) await store.setNever(call.tx, call.appId, call.actorId, true)
  if (found.phase !== 'open') return {}
  await closeOffer(call, found, 'dismissed')
  record(await call.group(found.groupId), 'invitation.dismissed', { ...factOf(found), never })
  return {}
})
const preference = serveEndpoint(setOfferPreference, async (call) => {
  const { welcome } = call.body
  await store.lockPerson(call.tx, call.appId, call.actorId)
  await store.setNever(call.tx, call.appId, call.actorId, !welcome)
  return { welcome }
})

export default defineFeature({
  name: 'invitation',
  migrations: store.migrations,
  records: [invitationOffer],
  endpoints: [create, list, revoke, preview, accept, rule, setRule, outcome, acceptOne, dismissOne, preference],
  reactions: [
    { name: 'invitation.follow-order', on: 'order.changed', handle: follow },
    {
      // Links that a removed person shared would bring their friends in.
      name: 'invitation.revoke-links',
      on: 'membership.removed',
      handle: (call) => {
        const { userId } = call.fact.data as { userId: UserId }
        return store.revokeLinks(call.tx, call.appId, { groupId: call.fact.groupId, byId: userId }, call.now)
      },
    },
  ],
})
