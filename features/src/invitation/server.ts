/** Serves join links and invitations after an order: glue between the contract, the rules and the store. */
import { createHash } from 'node:crypto'
import type { GroupId, UserId } from '@qun/contract'
import { defineFeature, serveEndpoint, type Call, type EndpointCall, type GroupCall } from '@qun/core'
import { systemLine } from '../message/contract.ts'
import {
  acceptInvite,
  acceptOffer,
  createJoinLink,
  dismissOffer,
  invitationOffer,
  joinLinksOf,
  linksPerPersonMax,
  offerLifeMs,
  orderInvitationOf,
  postOrderEvent,
  previewInvite,
  revokeJoinLink,
  setOfferPreference,
  setOrderInvitation,
  type invitationFacts,
  type OrderInvitationRule,
} from './contract.ts'
import { askFault, canonical, foldOrder, isTriggered, itemsOf, linkEnd, linkFault, monthMs } from './rules.ts'
import type { Offer, Order, StoredLink } from './store.ts'
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

type EventCall = EndpointCall<typeof postOrderEvent>
/** [OI1] [OI2] The person is locked first, then the order, then groups. */
const report = serveEndpoint(postOrderEvent, async (call) => {
  const { body, tx, appId, now } = call
  const { never } = await store.lockPerson(tx, appId, body.userId)
  const hash = createHash('sha256').update(canonical(body)).digest('hex')
  const seen = await store.addReport(tx, appId, body.eventId, hash, now)
  if (seen === 'other') call.fail('idempotency.key_reused')
  if (seen === 'again') return no('replayed')
  const known = await store.lockOrder(tx, appId, {
    orderId: body.orderId,
    userId: body.userId,
    shopId: body.shopId,
    items: itemsOf(body.items ?? []),
    paidAt: null,
    receivedAt: null,
    endedAt: null,
  })
  if (known.userId !== body.userId)
    call.fail('idempotency.key_reused', { detail: 'the order belongs to another person' })
  const items = known.items.length > 0 ? known.items : itemsOf(body.items ?? [])
  const order = { ...known, ...foldOrder(known, body.kind, body.at), items }
  await store.saveOrder(tx, appId, order)
  if (order.endedAt !== null) return await withdraw(call, order)
  const outcome = await consider(call, order, never)
  await considerParked(call, order.orderId)
  return outcome
})
/** [OI8] A refund or cancellation before joining takes the invitation back. */
async function withdraw(
  call: EventCall,
  order: Order,
): Promise<{ outcome: 'withdrawn' | 'recorded'; reason?: 'ended'; offerId?: string }> {
  const { tx, appId } = call
  await store.parkOrder(tx, appId, order.orderId, null)
  const offer = await store.findOffer(tx, appId, { orderId: order.orderId })
  if (offer?.phase !== 'open') return { outcome: 'recorded', reason: 'ended' }
  await store.setPhase(tx, appId, offer.offerId, 'withdrawn')
  call.putUserRecord(offer.userId, invitationOffer, offer.offerId, null)
  record(await call.group(offer.groupId), 'invitation.withdrawn', factOf(offer))
  return { outcome: 'withdrawn', offerId: offer.offerId }
}
const factOf = ({ offerId, userId, orderId }: Offer) => ({ offerId, userId, orderId })

type Reason =
  | 'replayed'
  | 'waiting'
  | 'ended'
  | 'no_rule'
  | 'already_member'
  | 'already_asked'
  | 'cool_down'
  | 'month_limit'
  | 'never'
  | 'full'
  | 'blacklisted'
type Considered =
  | { outcome: 'offered'; offerId: string }
  | { outcome: 'parked' }
  | { outcome: 'recorded'; reason: Reason }
const no = (reason: Reason): Considered => ({ outcome: 'recorded', reason })

/** [OI3]–[OI6] Invites the person of an order if its rule says so. Their lock is held. */
async function consider(call: EventCall, order: Order, never: boolean): Promise<Considered> {
  const { tx, appId, now } = call
  const rules = await store.listRulesOfShop(tx, appId, order.shopId)
  if (rules.length === 0) return no('no_rule')
  const triggered = rules.filter(({ rule: each }) => isTriggered(each.on, order))
  if (triggered.length === 0) return no('waiting')
  if ((await store.findOffer(tx, appId, { orderId: order.orderId })) !== undefined) return no('already_asked')
  const user = await call.findUser(order.userId)
  await store.parkOrder(tx, appId, order.orderId, user === undefined ? now : null)
  if (user === undefined) return { outcome: 'parked' }
  if (never) return no('never')
  await endStaleOffers(call, order.userId)
  const askedAts = await store.listAskedAts(tx, appId, order.userId, now - 365 * 86_400_000 - monthMs)
  let reason: Reason = 'full'
  for (const { groupId, rule: each } of triggered) {
    const fault = askFault(each, askedAts, now)
    if (fault !== undefined) {
      reason = fault
      continue
    }
    const group = await call.group(groupId)
    if (await isMember(group, order.userId)) return no('already_member')
    if (await group.isBanned(order.userId)) reason = 'blacklisted'
    else if (group.row.disbandedAt === undefined && !isFull(group)) return await offer(call, group, order, each)
  }
  return no(reason)
}
async function offer(call: EventCall, group: GroupCall, order: Order, each: OrderInvitationRule): Promise<Considered> {
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
    items: order.items,
    expiresAt,
  })
  record(group, 'invitation.offered', factOf(made))
  return { outcome: 'offered', offerId }
}
/** Takes offers off a person's stream that can no longer be accepted. */
async function endStaleOffers(call: EventCall, userId: UserId): Promise<void> {
  for (const stale of await store.listOpenOffers(call.tx, call.appId, userId)) {
    if (stale.expiresAt > call.now) continue
    await store.setPhase(call.tx, call.appId, stale.offerId, 'withdrawn')
    call.putUserRecord(userId, invitationOffer, stale.offerId, null)
  }
}
/** [OI5] A few parked orders get another turn with every report; those still of strangers go to the end of the line. */
async function considerParked(call: EventCall, exceptOrderId: string): Promise<void> {
  for (const order of await store.lockParkedOrders(call.tx, call.appId, 5)) {
    if (order.orderId === exceptOrderId) continue
    const { never } = await store.lockPerson(call.tx, call.appId, order.userId)
    await consider(call, order, never)
  }
}

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
  endpoints: [create, list, revoke, preview, accept, rule, setRule, report, acceptOne, dismissOne, preference],
  reactions: [
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
