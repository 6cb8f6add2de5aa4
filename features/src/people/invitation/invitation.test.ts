/** Join links and invitations after an order, as people and the host meet them. */
import { DAY, type UserId } from '@qun/contract'
import { refusalOf, startWorld, type World } from '@qun/testing'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { disbandGroup, removeMember } from '../membership/contract.ts'
import membership from '../membership/server.ts'
import { systemLine } from '../../words/message/contract.ts'
import message from '../../words/message/server.ts'
import { postOrderEvent } from '../../trade/order/contract.ts'
import order from '../../trade/order/server.ts'
import {
  acceptInvite,
  acceptOffer,
  createJoinLink,
  dismissOffer,
  invitationOfOrder,
  joinLinksOf,
  linksPerPersonMax,
  offerLifeMs,
  orderInvitationOf,
  previewInvite,
  revokeJoinLink,
  setOfferPreference,
  setOrderInvitation,
  type OrderInvitationRule,
} from './contract.ts'
import invitation from './server.ts'

const id = (name: string) => name as UserId
const open = () => startWorld({ features: [message, membership, order, invitation] })
async function jump(world: World, ms: number): Promise<void> {
  world.time.moveTo(world.time.now() + ms)
  await world.settle()
}
const params = (world: World) => ({ groupId: world.groupId })
const link = (world: World, who: string, body: object = {}) =>
  world.as(who).call(createJoinLink, { params: params(world), body })
const accept = (world: World, who: string, code: string) =>
  world.as(who).call(acceptInvite, { params: { code }, body: {} })
const preview = (world: World, who: string, code: string) => world.as(who).call(previewInvite, { params: { code } })
async function memberCount(world: World): Promise<number> {
  return (await world.core.snapshot(world.as('wang').principal, world.groupId)).group.memberCount
}

describe('join links', () => {
  test('[IN1] a code is shown once and kept as a hash alone', async () => {
    await using world = await open()
    const { code, link: made } = await link(world, 'li', { label: '门口海报', source: 'poster' })
    expect(code).toMatch(/^[A-Za-z0-9_-]{22}$/)
    const { links } = await world.as('li').call(joinLinksOf, { params: params(world) })
    expect(links).toEqual([made])
    const { rows } = await sql`SELECT row_to_json(l)::text AS row FROM invitation_links l`.execute(world.store.db)
    const stored = await world.store.reading(
      'shop',
      async (tx) => await sql`SELECT row_to_json(l)::text AS row FROM invitation_links l`.execute(tx),
    )
    expect(rows).toEqual([])
    expect(JSON.stringify(stored.rows)).toContain(made.linkId)
    expect(JSON.stringify(stored.rows)).not.toContain(code)
  })
  test('[IN1] no answer keeps a code: a repeated request makes another link, with another request it is refused', async () => {
    await using world = await open()
    const make = (label: string) =>
      world.as('li').call(createJoinLink, { params: params(world), body: { label }, key: 'once' })
    const made = [await make('门口海报'), await make('门口海报')]
    expect(new Set(made.map(({ code }) => code)).size).toBe(2)
    expect(await refusalOf(make('直播间'))).toBe('idempotency.key_reused')
    const { links } = await world.as('li').call(joinLinksOf, { params: params(world) })
    expect(links.map(({ linkId }) => linkId).toSorted()).toEqual(made.map(({ link }) => link.linkId).toSorted())
    for (const { code } of made) expect(await preview(world, 'zhou', code)).toMatchObject({ outcome: 'ok' })
    const { rows } = await world.store.reading('*', (tx) =>
      sql<{ kept: string }>`SELECT i::text AS kept FROM idempotency i`.execute(tx),
    )
    expect(rows).toHaveLength(1)
    for (const { code } of made) expect(rows[0]?.kept).not.toContain(code)
  })
  test('[IN3] [IN5] a stranger looks, joins, and is told of; joining again changes nothing', async () => {
    await using world = await open()
    const { code, link: made } = await link(world, 'li', { source: 'poster' })
    for (let i = 0; i < 3; i++) {
      expect(await preview(world, 'zhou', code)).toMatchObject({
        outcome: 'ok',
        group: { name: '山茶咖啡·老友群', memberCount: 5 },
        inviter: { name: '小李' },
      })
    }
    expect(await memberCount(world)).toBe(5)
    expect(await accept(world, 'zhou', code)).toEqual({ groupId: world.groupId, joined: true })
    expect(await accept(world, 'zhou', code)).toEqual({ groupId: world.groupId, joined: false })
    expect((await preview(world, 'zhou', code)).outcome).toBe('already_member')
    const { links } = await world.as('wang').call(joinLinksOf, { params: params(world) })
    expect(links).toMatchObject([{ linkId: made.linkId, uses: 1 }])
    const { messages } = await world.core.history(world.as('zhou').principal, world.groupId, {})
    expect(messages.at(-1)).toMatchObject({
      kind: systemLine.kind,
      body: { what: 'joined', via: 'link', by: { name: '小李' } },
    })
  })
  test('[IN3] unknown, expired, revoked and used-up codes say so', async () => {
    await using world = await open()
    expect(await refusalOf(accept(world, 'zhou', 'nope'))).toBe('invite.not_found')
    expect(await refusalOf(preview(world, 'zhou', '../x'))).toBe('invite.not_found')
    const short = await link(world, 'wang', { lifeMs: 3_600_000 })
    const gone = await link(world, 'wang')
    const once = await link(world, 'wang', { maxUses: 1 })
    await world.as('wang').call(revokeJoinLink, { params: { ...params(world), linkId: gone.link.linkId } })
    await jump(world, 3_600_000)
    expect(await refusalOf(accept(world, 'zhou', short.code))).toBe('invite.expired')
    expect(await refusalOf(preview(world, 'zhou', short.code))).toBe('invite.expired')
    expect(await refusalOf(accept(world, 'zhou', gone.code))).toBe('invite.revoked')
    expect(await refusalOf(accept(world, 'zhou', once.code))).toBeNull()
    expect(await refusalOf(accept(world, 'ghost', once.code))).toBe('invite.exhausted')
  })
  test('[IN4] five hundred accepts of fifty uses at once: exactly fifty join', async () => {
    await using world = await open()
    const { code } = await link(world, 'wang', { maxUses: 50 })
    // A busy machine may send some away for now; they come back, as a client does.
    const insist = async (who: string): Promise<string | null> => {
      const refused = await refusalOf(accept(world, who, code))
      return refused === 'store.unavailable' ? insist(who) : refused
    }
    const codes = await Promise.all(Array.from({ length: 500 }, (_, i) => insist(`guest-${i}`)))
    expect(new Set(codes)).toEqual(new Set([null, 'invite.exhausted']))
    expect(codes.filter((each) => each === null)).toHaveLength(50)
    expect(codes.filter((each) => each === 'invite.exhausted')).toHaveLength(450)
    expect(await memberCount(world)).toBe(55)
    const { links } = await world.as('wang').call(joinLinksOf, { params: params(world) })
    expect(links[0]?.uses).toBe(50)
  })
  test('[IN4] who left comes back by the same link without a further use', async () => {
    await using world = await open()
    const { code } = await link(world, 'wang', { maxUses: 1 })
    await accept(world, 'zhou', code)
    await world.as('wang').call(removeMember, { params: { ...params(world), userId: id('zhou') }, body: {} })
    expect(await accept(world, 'zhou', code)).toMatchObject({ joined: true })
  })
  test('[IN2] members give at most thirty days; fifty working links each', async () => {
    await using world = await open()
    for (const lifeMs of [null, 0, -1, 31 * DAY])
      expect(await refusalOf(link(world, 'li', { lifeMs }))).toBe('invite.life')
    expect((await link(world, 'he', { lifeMs: null })).link.expiresAt).toBeNull()
    for (let i = 0; i < linksPerPersonMax; i++) await link(world, 'li')
    expect(await refusalOf(link(world, 'li'))).toBe('invite.limit')
    expect((await world.as('li').call(joinLinksOf, { params: params(world) })).links).toHaveLength(linksPerPersonMax)
    await jump(world, 8 * DAY)
    expect(await refusalOf(link(world, 'li'))).toBeNull()
  })
  test('[IN6] a link is ended by its maker or an admin, and with its maker’s removal', async () => {
    await using world = await open()
    const { code, link: made } = await link(world, 'li')
    const revoke = (who: string) =>
      refusalOf(world.as(who).call(revokeJoinLink, { params: { ...params(world), linkId: made.linkId } }))
    expect(await revoke('zhao')).toBe('group.permission')
    expect((await world.as('zhao').call(joinLinksOf, { params: params(world) })).links).toEqual([])
    await world.as('he').call(removeMember, { params: { ...params(world), userId: id('li') }, body: {} })
    await world.settle()
    expect(await refusalOf(accept(world, 'zhou', code))).toBe('invite.revoked')
    expect(await revoke('wang')).toBeNull()
  })
  test('banned people, full and disbanded groups', async () => {
    await using world = await open()
    const { code } = await link(world, 'wang')
    await world.as('wang').call(removeMember, { params: { ...params(world), userId: id('zhou') }, body: { ban: true } })
    expect((await preview(world, 'zhou', code)).outcome).toBe('blacklisted')
    expect(await refusalOf(accept(world, 'zhou', code))).toBe('member.blacklisted')
    await world.as('wang').call(disbandGroup, { params: params(world), body: {} })
    expect(await refusalOf(accept(world, 'ghost', code))).toBe('group.dissolved')
    expect(await refusalOf(preview(world, 'ghost', code))).toBe('group.dissolved')
  })
})

describe('after an order', () => {
  const rule: OrderInvitationRule = {
    active: true,
    on: 'received',
    shopId: 'camellia',
    shopName: '山茶咖啡',
    coolDownDays: 7,
    maxPerMonth: 2,
    message: '来群里聊聊今天的咖啡',
  }
  async function ready(change: Partial<OrderInvitationRule> = {}): Promise<World> {
    const world = await open()
    await world.as('wang').call(setOrderInvitation, { params: params(world), body: { ...rule, ...change } })
    return world
  }
  type Kind = 'paid' | 'received' | 'refunded' | 'cancelled'
  const report = (world: World, kind: Kind, orderId = 'o1', who = 'zhou', more: object = {}) =>
    world.asServer().call(postOrderEvent, {
      body: {
        eventId: `${orderId}-${kind}`,
        kind,
        orderId,
        userId: id(who),
        shopId: 'camellia',
        at: world.time.now(),
        ...more,
      },
    })
  const outcome = (world: World, orderId = 'o1') => world.asServer().call(invitationOfOrder, { params: { orderId } })
  /** Tells of an order, and what it led to. */
  async function tell(world: World, kind: Kind, orderId = 'o1', who = 'zhou', more: object = {}) {
    await report(world, kind, orderId, who, more)
    await world.settle()
    return await outcome(world, orderId)
  }
  async function offers(world: World, who = 'zhou') {
    const client = world.as(who).connect()
    await world.settle()
    const records = client.records.get()
    return [...records.values()]
      .filter((row) => row.kind === 'invitation-offer' && row.body !== null)
      .map((row) => row.body as { offerId: string; groupName: string; items: object[] })
  }
  const answer = (world: World, offerId: string, who = 'zhou') =>
    world.as(who).call(acceptOffer, { params: { offerId }, body: {} })

  test('[OI3] [OI7] [OI9] a received order invites its customer, who joins', async () => {
    await using world = await ready()
    expect((await world.as('he').call(orderInvitationOf, { params: params(world) })).rule).toEqual(rule)
    expect(await tell(world, 'paid')).toEqual({ outcome: 'recorded', reason: 'waiting' })
    const items = [{ title: '<b>可颂</b>\n\u202e礼盒', image: 'javascript:alert(1)' }]
    const told = await tell(world, 'received', 'o1', 'zhou', { items })
    expect(told.outcome).toBe('offered')
    const [offer] = await offers(world)
    expect(offer).toMatchObject({
      offerId: told.offerId,
      groupName: '山茶咖啡·老友群',
      shopName: '山茶咖啡',
      memberCount: 5,
    })
    expect(offer?.items).toEqual([{ title: '<b>可颂</b> 礼盒' }])
    expect(await refusalOf(answer(world, told.offerId ?? '', 'li'))).toBe('invite.not_found')
    expect(await answer(world, told.offerId ?? '')).toEqual({ groupId: world.groupId, joined: true })
    expect(await answer(world, told.offerId ?? '')).toEqual({ groupId: world.groupId, joined: false })
    expect(await offers(world)).toEqual([])
    expect(await outcome(world)).toEqual({ outcome: 'accepted', offerId: told.offerId })
    expect(await memberCount(world)).toBe(6)
  })
  test('[OI1] however often and in whatever order an order is told of, it leads to one offer', async () => {
    await using world = await ready()
    await Promise.all(
      Array.from({ length: 8 }, (_, i) => report(world, 'received', 'o1', 'zhou', { eventId: `e${i % 2}` })),
    )
    await report(world, 'paid')
    expect((await tell(world, 'paid')).outcome).toBe('offered')
    expect(await offers(world)).toHaveLength(1)
  })
  test('[OI1] [OI3] ORD-06 refunded before received: no invitation', async () => {
    await using world = await ready({ on: 'paid' })
    expect((await tell(world, 'refunded')).reason).toBe('ended')
    expect((await tell(world, 'received')).reason).toBe('ended')
    expect((await tell(world, 'paid')).reason).toBe('ended')
    expect(await offers(world)).toEqual([])
  })
  test('[OI8] a refund before joining withdraws the invitation', async () => {
    await using world = await ready()
    const { offerId } = await tell(world, 'received')
    expect(await offers(world)).toHaveLength(1)
    expect(await tell(world, 'refunded')).toEqual({ outcome: 'withdrawn', offerId })
    expect(await offers(world)).toEqual([])
    expect(await refusalOf(answer(world, offerId ?? ''))).toBe('invite.revoked')
  })
  test('[OI4] a second order the same day, or a third in a month, asks nobody', async () => {
    await using world = await ready()
    const reason = async (orderId: string) => {
      const { outcome, reason: why } = await tell(world, 'received', orderId)
      return why ?? outcome
    }
    expect(await reason('o1')).toBe('offered')
    expect((await tell(world, 'paid', 'o1')).outcome).toBe('offered')
    expect(await reason('o2')).toBe('cool_down')
    await jump(world, 7 * DAY)
    expect(await reason('o3')).toBe('offered')
    await jump(world, 7 * DAY)
    expect(await reason('o4')).toBe('month_limit')
    await jump(world, 17 * DAY)
    expect(await reason('o5')).toBe('offered')
  })
  test('[OI6] “never again” is kept until taken back', async () => {
    await using world = await ready({ coolDownDays: 0, maxPerMonth: 31 })
    const { offerId } = await tell(world, 'received')
    const dismiss = (who: string) =>
      world.as(who).call(dismissOffer, { params: { offerId: offerId ?? '' }, body: { never: true } })
    expect(await refusalOf(dismiss('li'))).toBe('invite.not_found')
    await dismiss('zhou')
    expect(await offers(world)).toEqual([])
    expect((await tell(world, 'received', 'o2')).reason).toBe('never')
    await world.as('zhou').call(setOfferPreference, { body: { welcome: true } })
    expect((await tell(world, 'received', 'o3')).outcome).toBe('offered')
  })
  test('[OI6] members and banned people are not asked; without a rule nobody is', async () => {
    await using world = await ready()
    expect((await tell(world, 'received', 'o1', 'li')).reason).toBe('already_member')
    await world.as('wang').call(removeMember, { params: { ...params(world), userId: id('zhou') }, body: { ban: true } })
    expect((await tell(world, 'received', 'o2')).reason).toBe('blacklisted')
    expect((await tell(world, 'received', 'o3', 'zhou', { shopId: 'elsewhere' })).reason).toBe('no_rule')
    expect(await refusalOf(world.as('li').call(setOrderInvitation, { params: params(world), body: rule }))).toBe(
      'group.permission',
    )
  })
  test('[OI5] an order of a stranger waits until the host tells who it is', async () => {
    await using world = await ready()
    expect((await report(world, 'received', 'o1', 'xin')).outcome).toBe('parked')
    expect((await tell(world, 'received', 'o1', 'xin')).outcome).toBe('none')
    await tell(world, 'received', 'o2', 'li')
    await world.core.putUser('shop' as never, { userId: id('xin'), name: '小新' })
    await tell(world, 'received', 'o3', 'sun')
    const [offer] = await offers(world, 'xin')
    expect(await answer(world, offer?.offerId ?? '', 'xin')).toMatchObject({ joined: true })
  })
  test('an offer ends after fourteen days', async () => {
    await using world = await ready()
    const { offerId } = await tell(world, 'received')
    await jump(world, offerLifeMs)
    expect(await refusalOf(answer(world, offerId ?? ''))).toBe('invite.expired')
  })
})
